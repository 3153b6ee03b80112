/** JSON merge patch, RFC 7386. Mirrors MergePatch of evanphx/json-patch v4. */
import { newBadRequest } from '../errors.ts'
import { goJsonType, isMap, type JsonMap, type JsonValue, setMember } from './values.ts'

/** The merged document. Neither argument is modified; untouched parts are shared. Throws 400 for what is no merge patch. */
export function applyMergePatch(document: JsonMap, patch: unknown): JsonMap {
  if (patch === null) throw newBadRequest('Invalid JSON Patch')
  if (!isMap(patch)) {
    const type = goJsonType(patch)
    throw newBadRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    )
  }
  return merge(document, patch)
}

function merge(document: JsonMap, patch: JsonMap): JsonMap {
  const merged = { ...document }
  for (const [name, value] of Object.entries(patch)) {
    const current = Object.hasOwn(merged, name) ? merged[name] : null
    if (value === null) delete merged[name]
    else if (isMap(current) && isMap(value)) setMember(merged, name, merge(current, value))
    // Upstream drops the nulls of what is new, but not of a list that takes an object's place.
    else setMember(merged, name, isMap(current) ? value : withoutNulls(value))
  }
  return merged
}

/** Null members of objects go, at any depth; null elements of lists stay. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}
