/** Values that a file repeats, texts and whole subtrees, are kept once: elsewhere `~3` stands for the fourth. */

/** Shorter ones are not worth a number. */
const MIN_LENGTH = 60
const REFERENCE = /^~(\d+)$/

export interface Packed {
  /** Each may refer to ones before it. */
  entries: unknown[]
  values: unknown[]
}

/** Texts that look like references must not be among the values. */
export function packValues(values: unknown[]): Packed {
  const times = new Map<string, number>()
  for (const value of values) count(value, times)
  const entries: unknown[] = []
  const numbers = new Map<string, number>()
  const encode = (value: unknown): unknown => {
    const text = textOf(value)
    if (text === undefined || (times.get(text) ?? 0) < 2) return mapped(value, encode)
    const known = numbers.get(text)
    if (known !== undefined) return `~${known}`
    const entry = mapped(value, encode)
    numbers.set(text, entries.length)
    entries.push(entry)
    return `~${entries.length - 1}`
  }
  return inlined({ values: values.map(encode), entries })
}

export function unpackValues({ entries, values }: Packed): unknown[] {
  const whole: unknown[] = []
  const decode = (value: unknown): unknown => {
    const reference = typeof value === 'string' ? REFERENCE.exec(value) : null
    return reference ? whole[Number(reference[1])] : mapped(value, decode)
  }
  for (const entry of entries) whole.push(decode(entry))
  return values.map(decode)
}

/** How often each long value stands somewhere. What is in a repeated value is counted with the first of them only. */
function count(value: unknown, times: Map<string, number>): void {
  const text = textOf(value)
  if (text !== undefined) {
    const seen = (times.get(text) ?? 0) + 1
    times.set(text, seen)
    if (seen > 1) return
  }
  if (value !== null && typeof value === 'object') for (const item of Object.values(value)) count(item, times)
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && (value === null || typeof value !== 'object')) return undefined
  const text = JSON.stringify(value)
  return text.length > MIN_LENGTH ? text : undefined
}

function mapped(value: unknown, change: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item)]))
}

/** Entries that are used once go where they are used, and the others get the numbers. */
function inlined({ entries, values }: Packed): Packed {
  const uses = entries.map(() => 0)
  const tally = (value: unknown): unknown => {
    const reference = typeof value === 'string' ? REFERENCE.exec(value) : null
    if (reference) uses[Number(reference[1])]++
    return mapped(value, tally)
  }
  for (const value of [...entries, ...values]) tally(value)
  const kept: unknown[] = []
  const places: unknown[] = []
  const place = (value: unknown): unknown => {
    const reference = typeof value === 'string' ? REFERENCE.exec(value) : null
    return reference ? places[Number(reference[1])] : mapped(value, place)
  }
  entries.forEach((entry, i) => {
    const next = place(entry)
    places.push(uses[i] === 1 ? next : `~${kept.push(next) - 1}`)
  })
  return { entries: kept, values: values.map(place) }
}
