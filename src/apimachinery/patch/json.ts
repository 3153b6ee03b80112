/**
 * JSON patch, RFC 6902, with the leniencies of the library that kube-apiserver uses: replacing a missing member adds it, copying one copies
 * null, indices count from the end when negative, and what precedes the first slash of a path is ignored. Mirrors evanphx/json-patch v4.
 */
import { newBadRequest, newPatchRejected, newRequestEntityTooLarge } from '../errors.ts'
import { goJsonType, isMap, type JsonMap, type JsonValue, setMember } from './values.ts'

const MAX_OPERATIONS = 10_000

interface Operation {
  op?: string | null
  path?: string | null
  from?: string | null
  /** Undefined when the operation has none. */
  value?: JsonValue
}

type Container = JsonMap | JsonValue[]

/** What is wrong with an operation: `path`: a container on the way is missing; `key` and `index`: its last part; `kind`, `value`, `test`. */
class Problem extends Error {
  readonly at: 'path' | 'key' | 'index' | 'kind' | 'value' | 'test'
  constructor(at: Problem['at'], message: string) {
    super(message)
    this.at = at
  }
}

/** The text of the library. */
function explained({ op, path, from }: Operation, { at, message }: Problem): string {
  if (at === 'kind') return `Unexpected kind: ${message}`
  if (at === 'test') return `testing value ${path} failed: test failed`
  if (at === 'value') return 'replace operation value must be object or array: %!w(<nil>)'
  const missing = 'missing value'
  if (typeof path !== 'string') return `${op} operation failed to decode path: ${missing}`
  if ((op === 'move' || op === 'copy') && typeof from !== 'string') {
    return `${op} operation failed to decode from: operation, missing from field: ${missing}`
  }
  if (at === 'path') {
    if (op === 'add' || op === 'remove') {
      return `${op} operation does not apply: doc is missing path: "${path}": ${missing}`
    }
    if (op === 'test') return `test operation does not apply: is missing path: ${path}: ${missing}`
    const what = op === 'replace' ? `path: ${path}` : `from path: ${from}`
    return `${op} operation does not apply: doc is missing ${what}: ${missing}`
  }
  if (op === 'replace') return `replace operation does not apply: doc is missing key: ${path}: ${missing}`
  if (op === 'add' && at === 'index') {
    const key = path.slice(path.lastIndexOf('/') + 1)
    return `error in add for path: '${path}': value was not a proper array index: '${key}': ${message}`
  }
  return `error in ${op} for ${op === 'copy' ? 'from' : 'path'}: '${op === 'copy' ? from : path}': ${message}`
}

/**
 * The document after all operations, or an error and no change. Neither argument is modified; untouched parts are shared.
 * Throws 400 for what is no patch, 413 for too many operations, 422 when an operation does not apply.
 */
export function applyJsonPatch(document: JsonValue, patch: unknown): JsonValue {
  const operations = checkOperations(patch)
  if (operations.length > MAX_OPERATIONS) {
    throw newRequestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    )
  }
  const draft = new Draft(document)
  for (const operation of operations) draft.apply(operation)
  return draft.root
}

/** Members of operations that JSON patch does not know, as strict decoding names them. */
export function unknownJsonPatchFields(patch: unknown): string[] {
  if (!Array.isArray(patch)) return []
  return patch.flatMap((operation, i) =>
    Object.keys(isMap(operation) ? operation : {})
      .filter((name) => !['op', 'path', 'from', 'value'].includes(name))
      .map((name) => `json patch unknown field "[${i}].${name}"`),
  )
}

/** `null` is an empty patch, as Go decodes it. */
function checkOperations(patch: unknown): Operation[] {
  if (patch === null) return []
  const wrong = (value: unknown, into: string) =>
    newBadRequest(`error decoding patch: json: cannot unmarshal ${goJsonType(value)} into Go ${into}`)
  if (!Array.isArray(patch)) throw wrong(patch, 'value of type []handlers.jsonPatchOp')
  for (const operation of patch) {
    if (operation === null) continue
    if (!isMap(operation)) throw wrong(operation, 'value of type handlers.jsonPatchOp')
    for (const name of ['op', 'path', 'from']) {
      const value = operation[name]
      if (value === undefined || value === null || typeof value === 'string') continue
      throw wrong(value, `struct field jsonPatchOp.${name} of type string`)
    }
  }
  return patch.map((operation) => operation ?? {})
}

/** A document being patched: containers on the way to a change are copied once, the rest is shared. */
class Draft {
  root: JsonValue
  private readonly owned = new Set<Container>()

  constructor(document: JsonValue) {
    this.root = document
  }

  apply(operation: Operation): void {
    try {
      this.applyOne(operation)
    } catch (error) {
      if (error instanceof Problem) throw newPatchRejected(explained(operation, error))
      throw error
    }
  }

  private applyOne(operation: Operation): void {
    const value = operation.value ?? null
    const { op, path, from } = operation
    if (op === 'add') this.add(path, value)
    else if (op === 'remove') this.remove(path)
    else if (op === 'replace') this.replace(path, operation.value)
    else if (op === 'move') this.move(from, path)
    // A clone, for a later operation changes one of the two.
    else if (op === 'copy') this.add(path, structuredClone(this.get(from) ?? null))
    else if (op === 'test') this.test(path, value)
    else throw new Problem('kind', op ?? '')
  }

  private move(from: string | null | undefined, path: string | null | undefined): void {
    const moved = this.get(from)
    this.remove(from)
    this.add(path, moved ?? null)
  }

  private add(path: string | null | undefined, value: JsonValue): void {
    const { container, key } = this.locate(path)
    if (!Array.isArray(container)) setMember(container, key, value)
    else if (key === '-') container.push(value)
    else container.splice(indexIn(key, container.length + 1), 0, value)
  }

  private remove(path: string | null | undefined): void {
    const { container, key } = this.locate(path)
    if (Array.isArray(container)) container.splice(indexIn(key, container.length), 1)
    else if (Object.hasOwn(container, key)) delete container[key]
    else throw new Problem('key', `Unable to remove nonexistent key: ${key}: missing value`)
  }

  private replace(path: string | null | undefined, value: JsonValue | undefined): void {
    if (path === '') {
      if (typeof value !== 'object' || value === null) throw new Problem('value', '')
      this.root = value
      return
    }
    const { container, key } = this.locate(path)
    if (Array.isArray(container)) container[indexIn(key, container.length)] = value ?? null
    else setMember(container, key, value ?? null)
  }

  private test(path: string | null | undefined, value: JsonValue): void {
    const actual = path === '' ? this.root : (this.get(path) ?? null)
    if (!equal(actual, value)) throw new Problem('test', '')
  }

  private get(path: string | null | undefined): JsonValue | undefined {
    const { parents, key } = split(path)
    let container = this.root
    for (const part of parents) container = step(container, part)
    return member(asContainer(container), key)
  }

  /** The container that holds the path's last part, made safe to change. */
  private locate(path: string | null | undefined): { container: Container; key: string } {
    const { parents, key } = split(path)
    let container = this.own(asContainer(this.root))
    this.root = container
    for (const part of parents) {
      const next = this.own(asContainer(step(container, part)))
      if (Array.isArray(container)) container[indexIn(part, container.length)] = next
      else setMember(container, part, next)
      container = next
    }
    return { container, key }
  }

  private own(container: Container): Container {
    if (this.owned.has(container)) return container
    const copy = Array.isArray(container) ? [...container] : { ...container }
    this.owned.add(copy)
    return copy
  }
}

function split(path: string | null | undefined): { parents: string[]; key: string } {
  const parts = path?.split('/') ?? []
  if (parts.length < 2) throw new Problem('path', '')
  const decoded = parts.slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return { parents: decoded.slice(0, -1), key: decoded[decoded.length - 1] }
}

function asContainer(value: JsonValue): Container {
  if (typeof value !== 'object' || value === null) throw new Problem('value', '')
  return value
}

function step(container: JsonValue, part: string): JsonValue {
  const next = member(asContainer(container), part)
  if (next === undefined || next === null) throw new Problem('path', '')
  return next
}

function member(container: Container, key: string): JsonValue | undefined {
  if (Array.isArray(container)) return container[indexIn(key, container.length)]
  return Object.hasOwn(container, key) ? container[key] : undefined
}

function indexIn(key: string, length: number): number {
  if (!/^[+-]?[0-9]+$/.test(key)) {
    throw new Problem('index', `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`)
  }
  const index = Number(key)
  if (index >= length || index < -length) {
    throw new Problem('key', `Unable to access invalid index: ${index}: invalid index referenced`)
  }
  return index < 0 ? index + length : index
}

/** A null member is not an absent one here. */
function equal(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((value, i) => equal(value, b[i]))
  if (!isMap(a) || !isMap(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]))
}
