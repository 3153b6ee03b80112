/** A value with holes: what has none is shared by all that are filled from it. */

/** Text between holes: `literals[0] + holes[0] + literals[1] + ...`. */
interface TextForm {
  kind: 'text'
  literals: readonly string[]
  holes: readonly string[]
}

interface TreeForm {
  kind: 'tree'
  value: object
  /** The fields or elements that have holes. */
  changed: readonly { key: string; form: TextForm | TreeForm }[]
}

export type Form = TextForm | TreeForm | { kind: 'shared'; value: unknown }

/** `holes` matches what is to be filled in (without groups or flags). */
export function compileForm(value: unknown, holes: RegExp): Form {
  if (typeof value === 'string') {
    const found = [...value.matchAll(new RegExp(holes, 'g'))].map(([match]) => match)
    return textForm(value.split(holes), found)
  }
  if (typeof value !== 'object' || value === null) return { kind: 'shared', value }
  return treeForm(
    value,
    Object.entries(value).map(([key, inner]) => ({ key, form: compileForm(inner, holes) })),
  )
}

/** A new value, but for the parts without holes. `textOf` is told what stood in a hole. */
export function fill(form: Form, textOf: (hole: string) => string): unknown {
  if (form.kind === 'shared') return form.value
  if (form.kind === 'text') {
    let text = form.literals[0] as string
    for (let i = 0; i < form.holes.length; i++) text += textOf(form.holes[i] as string) + form.literals[i + 1]
    return text
  }
  const copy = copyOf(form.value)
  for (const { key, form: inner } of form.changed) copy[key] = fill(inner, textOf)
  return copy
}

/** Fills the holes that `textOf` knows; the others stay. */
export function fillSome(form: Form, textOf: (hole: string) => string | undefined): Form {
  if (form.kind === 'shared') return form
  if (form.kind === 'tree') {
    return treeForm(
      form.value,
      form.changed.map(({ key, form: inner }) => ({ key, form: fillSome(inner, textOf) })),
    )
  }
  const literals = [form.literals[0] as string]
  const holes: string[] = []
  form.holes.forEach((hole, i) => {
    const [text, after] = [textOf(hole), form.literals[i + 1] as string]
    if (text !== undefined) literals.push(literals.pop() + text + after)
    else {
      holes.push(hole)
      literals.push(after)
    }
  })
  return textForm(literals, holes)
}

function textForm(literals: readonly string[], holes: readonly string[]): Form {
  return holes.length === 0 ? { kind: 'shared', value: literals[0] } : { kind: 'text', literals, holes }
}

/** `fields` are those of `value` that may differ from it. */
function treeForm(value: object, fields: readonly { key: string; form: Form }[]): Form {
  const changed: { key: string; form: TextForm | TreeForm }[] = []
  let shared: Record<string, unknown> | undefined
  for (const { key, form } of fields) {
    if (form.kind !== 'shared') changed.push({ key, form })
    else if (form.value !== (value as Record<string, unknown>)[key]) {
      shared ??= copyOf(value)
      shared[key] = form.value
    }
  }
  const kept = shared ?? value
  return changed.length > 0 ? { kind: 'tree', value: kept, changed } : { kind: 'shared', value: kept }
}

function copyOf(value: object): Record<string, unknown> {
  return (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
}
