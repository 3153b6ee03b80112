/**
 * Go tells a list that is empty from one that is not there, JSON with omitempty does not: what a client sent empty is remembered beside the
 * object, where neither JSON nor comparisons see it, until the object is stored and read.
 */

const EMPTIED = Symbol('sent empty')

interface Remembering {
  [EMPTIED]?: Record<string, unknown>
}

/** Remembers that the field was sent as an empty list or map. Mutates only what nobody enumerates. */
export function rememberEmptied(object: object, field: string, value: unknown): void {
  const known = object as Remembering
  known[EMPTIED] = { ...known[EMPTIED], [field]: value }
}

/** The empty list or map that the client sent for the field, if it did. */
export function emptied(object: object | undefined, field: string): unknown {
  return (object as Remembering | undefined)?.[EMPTIED]?.[field]
}

/** The field as validation sees it and messages print it: an empty list or map where the client sent one, null where there is nothing. */
export function asSent(object: object | undefined, field: string): unknown {
  return (object as Record<string, unknown> | undefined)?.[field] ?? emptied(object, field) ?? null
}

/** For copies made field by field: remembers what the original remembered. */
export function keepEmptied(copy: object, original: object): void {
  const known = (original as Remembering)[EMPTIED]
  if (known) (copy as Remembering)[EMPTIED] = known
}
