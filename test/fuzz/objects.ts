/** Objects and patches: the rich valid object of a kind, changed a little or a lot, or one made from the schema alone. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import type { FieldFact, TypeRef } from '../../src/apimachinery/schema/facts.ts'
import type { Subject } from '../conformance/objects.ts'
import type { Draw } from './draw.ts'
import { anything, fieldValue, nameOf, textValue, typedValue, typeNamed } from './values.ts'

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** With `name`, in `namespace` if the kind has one. */
export function objectOf(draw: Draw, { fact, object }: Subject, name: string, namespace: string): unknown {
  if (draw.chance(3)) return anything(draw)
  const made = draw.chance(20)
    ? { apiVersion: object.apiVersion, kind: object.kind, ...(typedValue(draw, { ref: fact.type }, 5) as object) }
    : structuredClone(object)
  const root = made as DynamicObject
  const metadata = isFields(root.metadata) ? root.metadata : {}
  root.metadata = { ...metadata, name } as DynamicObject['metadata']
  if (draw.chance(5)) root.metadata = { ...metadata, name: undefined, generateName: 'g-' } as DynamicObject['metadata']
  if (fact.namespaced) root.metadata.namespace = namespace
  else delete root.metadata.namespace
  const changes = draw.chance(30) ? 0 : 1 + draw.int(2)
  for (let i = 0; i < changes; i++) changeSomewhere(draw, root as unknown as Fields, { ref: fact.type })
  return root
}

/** Walks down the schema along what is there, most of the time, and changes what it finds. */
function changeSomewhere(draw: Draw, at: Fields, type: TypeRef): void {
  if (draw.chance(8)) {
    define(at, draw.pick(['bogus', '__proto__', 'constructor', 'Name', 'metadata ', '']), anything(draw))
    return
  }
  const fields = typeof type === 'object' && 'ref' in type ? fieldsOf(type.ref, at) : []
  const present = fields.filter(({ n }) => at[n] !== undefined)
  const field = draw.pick(present.length > 0 && draw.chance(80) ? present : fields)
  if (!field) return
  const value = at[field.n]
  if (draw.chance(75) && descend(draw, value, field.t)) return
  if (draw.chance(20)) delete at[field.n]
  else at[field.n] = draw.chance(85) ? fieldValue(draw, field, 4) : anything(draw)
}

/** Of a custom resource, which no fact describes, those that are there. */
function fieldsOf(ref: string, at: Fields): FieldFact[] {
  if (ref !== '') return typeNamed(ref).fields ?? []
  return Object.entries(at).map(([n, value]) => ({ n, go: '', t: guessed(value) }))
}

function guessed(value: unknown): TypeRef {
  if (Array.isArray(value)) return { list: guessed(value[0]) }
  if (isFields(value)) return { ref: '' }
  return typeof value === 'number' ? 'int64' : typeof value === 'string' ? 'string' : 'any'
}

function descend(draw: Draw, value: unknown, type: TypeRef): boolean {
  if (typeof type !== 'object') return false
  if ('list' in type) {
    if (!Array.isArray(value) || value.length === 0) return false
    const i = draw.int(value.length - 1)
    if (draw.chance(10)) value.push(structuredClone(value[i]))
    else if (!descend(draw, value[i], type.list)) value[i] = typedValue(draw, type.list, 3)
    return true
  }
  if (!isFields(value)) return false
  if ('map' in type) {
    const key = draw.chance(50) ? draw.pick([...Object.keys(value), 'x']) : textValue(draw)
    if (draw.chance(20)) delete value[key]
    else define(value, key, typedValue(draw, type.map, 3))
    return true
  }
  if (type.ref !== '' && !typeNamed(type.ref).fields) return false
  changeSomewhere(draw, value, type)
  return true
}

/** An own property, `__proto__` too: JSON can say it. */
function define(at: Fields, key: string, value: unknown): void {
  Object.defineProperty(at, key, { value, enumerable: true, configurable: true, writable: true })
}

/** JSON patch: mostly well formed, at places that are there or nearly so. */
export function jsonPatchOf(draw: Draw, object: unknown): unknown {
  if (draw.chance(4)) return anything(draw)
  return Array.from({ length: 1 + draw.int(3) }, () => {
    const op = draw.pick(['add', 'add', 'remove', 'replace', 'replace', 'test', 'move', 'copy', 'bogus'])
    const path = pointerInto(draw, object)
    const value = draw.chance(70) ? (at(object, path) ?? textValue(draw)) : anything(draw)
    return op === 'move' || op === 'copy' ? { op, from: pointerInto(draw, object), path } : { op, path, value }
  })
}

function pointerInto(draw: Draw, object: unknown): string {
  if (draw.chance(10))
    return draw.pick([
      '',
      '/',
      'metadata',
      '/metadata/labels/x',
      '/spec/-',
      '/a/b/c',
      '/~2',
      '/metadata/name',
      '/metadata/uid',
      '/__proto__/x',
      '/spec/containers/-1',
      '/spec/containers/01',
      '/kind',
    ])
  let path = ''
  let value: unknown = object
  while (value !== null && typeof value === 'object' && Object.keys(value).length > 0 && draw.chance(80)) {
    const key = Array.isArray(value) && draw.chance(20) ? '-' : draw.pick(Object.keys(value))
    path += `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    value = (value as Fields)[key]
  }
  return path
}

function at(object: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1)
  return steps.reduce<unknown>(
    (value, step) =>
      isFields(value) || Array.isArray(value)
        ? (value as Fields)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
        : undefined,
    object,
  )
}

/** Merge and strategic patches: some branches of an object, with nulls and directives in them. */
export function mergePatchOf(draw: Draw, value: unknown, strategic: boolean, depth = 0): unknown {
  if (draw.chance(3)) return draw.chance(60) ? null : anything(draw)
  if (Array.isArray(value)) {
    const items = value.filter(() => draw.chance(70)).map((item) => mergePatchOf(draw, item, strategic, depth + 1))
    return strategic && draw.chance(10) ? [...items, { $patch: draw.pick(DIRECTIVES) }] : items
  }
  if (!isFields(value)) return value
  const chosen = Object.entries(value).filter(([key]) => draw.chance(depth === 0 ? 60 : 70) || key === 'name')
  const patch: Fields = {}
  for (const [key, child] of chosen) define(patch, key, mergePatchOf(draw, child, strategic, depth + 1))
  if (strategic && draw.chance(6)) Object.assign(patch, directive(draw, Object.keys(value)))
  return patch
}

const DIRECTIVES = ['delete', 'replace', 'merge', 'bogus']

function directive(draw: Draw, keys: readonly string[]): Fields {
  const key = draw.pick([...keys, 'x'])
  switch (draw.int(3)) {
    case 0:
      return { $patch: draw.pick(DIRECTIVES) }
    case 1:
      return { [`$deleteFromPrimitiveList/${key}`]: draw.chance(80) ? ['a', 'kubernetes'] : anything(draw) }
    case 2:
      return { [`$setElementOrder/${key}`]: draw.chance(80) ? [{ name: nameOf(draw) }, 'a'] : anything(draw) }
    default:
      return { $retainKeys: draw.chance(80) ? keys.slice(0, 2) : anything(draw) }
  }
}
