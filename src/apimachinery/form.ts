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
  changed: readonly { key: string; form: Exclude<Form, SharedForm> }[]
}

/** An object of which a field's name has holes: all fields, in their order. */
interface FieldsForm {
  kind: 'fields'
  fields: readonly { key: TextForm | SharedForm; form: Form }[]
}

interface SharedForm {
  kind: 'shared'
  value: unknown
}

export type Form = TextForm | TreeForm | FieldsForm | SharedForm

/** What makes forms of values; `holes` matches what is to be filled in (without groups or flags). */
export function formCompiler(holes: RegExp): (value: unknown) => Form {
  const all = new RegExp(holes, 'g')
  /** The same few keys and words are everywhere. */
  const texts = new Map<string, TextForm | SharedForm>()
  const compileText = (text: string): TextForm | SharedForm => {
    let form = texts.get(text)
    if (form === undefined) {
      form = textForm(text.split(all), text.match(all) ?? [])
      texts.set(text, form)
    }
    return form
  }
  return (value) => compileValue(value, compileText)
}

function compileValue(value: unknown, compileText: (text: string) => TextForm | SharedForm): Form {
  if (typeof value === 'string') return compileText(value)
  if (typeof value !== 'object' || value === null) return { kind: 'shared', value }
  const fields = Object.entries(value).map(([key, inner]) => ({ key, form: compileValue(inner, compileText) }))
  const keys = fields.map(({ key }) => compileText(key))
  if (keys.every(({ kind }) => kind === 'shared')) return treeForm(value, fields)
  return { kind: 'fields', fields: fields.map(({ form }, i) => ({ key: keys[i] as TextForm | SharedForm, form })) }
}

/** A new value, but for the parts without holes. `textOf` is told what stood in a hole. */
export function fill(form: Form, textOf: (hole: string) => string): unknown {
  if (form.kind === 'shared') return form.value
  if (form.kind === 'text') {
    let text = form.literals[0] as string
    for (let i = 0; i < form.holes.length; i++) text += textOf(form.holes[i] as string) + form.literals[i + 1]
    return text
  }
  if (form.kind === 'fields') {
    const made: Record<string, unknown> = {}
    for (const { key, form: inner } of form.fields) made[fill(key, textOf) as string] = fill(inner, textOf)
    return made
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
  if (form.kind === 'fields') {
    return {
      kind: 'fields',
      fields: form.fields.map(({ key, form: inner }) => ({
        key: fillText(key, textOf),
        form: fillSome(inner, textOf),
      })),
    }
  }
  return fillText(form, textOf)
}

function fillText(form: TextForm | SharedForm, textOf: (hole: string) => string | undefined): TextForm | SharedForm {
  if (form.kind === 'shared') return form
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

function textForm(literals: readonly string[], holes: readonly string[]): TextForm | SharedForm {
  return holes.length === 0 ? { kind: 'shared', value: literals[0] } : { kind: 'text', literals, holes }
}

/** `fields` are those of `value` that may differ from it. */
function treeForm(value: object, fields: readonly { key: string; form: Form }[]): Form {
  const changed: { key: string; form: Exclude<Form, SharedForm> }[] = []
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
