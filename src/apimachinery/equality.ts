/** Equality and copies of JSON values. */

/** An undefined member counts as absent; order of members does not matter, order of lists does. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b, deepEqual)
  if (Array.isArray(b)) return false
  return equalMembers(a as Members, b as Members, deepEqual)
}

type Members = Record<string, unknown>

function equalLists(a: unknown[], b: unknown[], equal: (x: unknown, y: unknown) => boolean): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false
  return true
}

function equalMembers(a: Members, b: Members, equal: typeof deepEqual, but?: string): boolean {
  let count = 0
  for (const name in a) {
    const value = a[name]
    if (value === undefined || name === but) continue
    count++
    // An inherited member of b (`constructor`) is never a JSON value, so it equals nothing of a.
    if (!equal(value, b[name])) return false
  }
  for (const name in b) if (b[name] !== undefined && name !== but) count--
  return count === 0
}

/** As deepEqual, of two objects without one of their members. */
export function equalBeside(name: string, a: object, b: object): boolean {
  return equalMembers(a as Members, b as Members, deepEqual, name)
}

/** As deepEqual, where the string `from` in `a` stands for `to` in `b`, everywhere, and nothing else does. */
export function equalRenamed(a: unknown, b: unknown, from: string, to: string): boolean {
  const equal = (x: unknown, y: unknown): boolean => {
    if (x === from || y === to) return x === from && y === to
    if (Array.isArray(x)) return Array.isArray(y) && equalLists(x, y, equal)
    return isMembers(x) ? isMembers(y) && equalMembers(x, y, equal) : x === y
  }
  return from === to ? deepEqual(a, b) : equal(a, b)
}

/**
 * As deepEqual, and null, an empty list and an empty map equal an absent member. Mirrors apiequality.Semantic.DeepEqual on decoded objects.
 * Without types an optional struct looks like a map: an empty one counts as absent here, which upstream keeps apart.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return equalLists(a, b, semanticEqual)
  if (!isMembers(a) || !isMembers(b)) return isNothing(a) && isNothing(b)
  for (const name in a) if (!semanticEqual(a[name], memberOf(b, name))) return false
  for (const name in b) if (!Object.hasOwn(a, name) && !isNothing(b[name])) return false
  return true
}

const memberOf = (of: Members, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined)

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.length === 0
  for (const name in value) if ((value as Members)[name] !== undefined) return false
  return true
}

/** Containers are copied, for they may be written to; what they hold is not. */
export function deepCopy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(deepCopy) as T
  if (typeof value !== 'object' || value === null) return value
  const copy: Members = {}
  for (const name in value) {
    const member = deepCopy((value as Members)[name])
    // Assigning to a member of this name would change the prototype.
    if (name !== '__proto__') copy[name] = member
    else Object.defineProperty(copy, name, { value: member, enumerable: true, writable: true, configurable: true })
  }
  return copy as T
}
