/**
 * Go tells a list that is empty from one that is not there, JSON with omitempty does not: what a client sent empty is remembered beside the
 * object, for messages and for defaults that ask. Copies know nothing unless told by `keepEmptied`.
 */

const emptiedFields = new WeakMap<object, Record<string, unknown>>()

/** Remembers that the field was sent as an empty list or map. */
export function rememberEmptied(object: object, field: string, value: unknown): void {
  emptiedFields.set(object, { ...emptiedFields.get(object), [field]: value })
}

/** The empty list or map that the client sent for the field, if it did. */
export function emptied(object: object | undefined, field: string): unknown {
  return object === undefined ? undefined : emptiedFields.get(object)?.[field]
}

/** The field as validation sees it and messages print it: an empty list or map where the client sent one, null where there is nothing. */
export function asSent(object: object | undefined, field: string): unknown {
  return (object as Record<string, unknown> | undefined)?.[field] ?? emptied(object, field) ?? null
}

/** Answers the copy, which remembers what the original remembered. */
export function keepEmptied<T extends object>(copy: T, original: object): T {
  const known = emptiedFields.get(original)
  if (known) emptiedFields.set(copy, known)
  return copy
}
