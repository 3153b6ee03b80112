/** The JSON patch of a webhook's answer. Mirrors what mutating/dispatcher.go has evanphx/json-patch do. */
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import { applyJsonPatch } from '../../../apimachinery/patch/json.ts'
import { goJsonType, type JsonValue } from '../../../apimachinery/patch/values.ts'
import { parseJson } from '../../../apimachinery/schema/parse.ts'

/** Throws what `failure` makes of the reason. */
export function decodePatch(bytes: Buffer, failure: (why: string) => Error): unknown[] {
  let value: unknown
  try {
    value = parseJson(bytes).value
  } catch (error) {
    throw failure((error as Error).message.replace(/^couldn't get version\/kind; json parse error: /, ''))
  }
  if (value === null) return []
  if (!Array.isArray(value)) {
    throw failure(`json: cannot unmarshal ${goJsonType(value)} into Go value of type jsonpatch.Patch`)
  }
  return value
}

/** A new object. Throws with the reason where an operation does not apply. */
export function applyPatch(object: DynamicObject, operations: unknown[]): unknown {
  try {
    return applyJsonPatch(object as JsonValue, operations)
  } catch (error) {
    throw error instanceof Error && typeof error.cause === 'string' ? new Error(error.cause) : error
  }
}
