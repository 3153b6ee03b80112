/**
 * Single wrong or odd requests, made by rule from the rich objects: each value deleted, emptied, made negative, too long, of the wrong type,
 * bogus or repeated. The same every time, so that only the answers need to be kept.
 */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import type { Subject } from './objects.ts'

export const DOORS = ['create', 'update', 'status'] as const
export type Door = (typeof DOORS)[number]

export interface Mutation {
  /** `create spec.containers[0].name long` */
  id: string
  door: Door
  strict: boolean
  object: DynamicObject
  /** What a single change did. */
  change?: { path: Path; value: unknown }
}

type Path = readonly (string | number)[]
interface Change {
  name: string
  value?: unknown
}

const REMOVED = Symbol('removed')
const LONG = 'x'.repeat(300)
/** Fields whose keys are the user's own. */
const MAPS = new Set(
  'labels annotations matchLabels nodeSelector data binaryData stringData limits requests capacity allocatable hard used overhead podFixed max min default defaultRequest maxLimitRequestRatio parameters volumeAttributes attributes selector options deprecatedTopology attachmentMetadata'.split(
    ' ',
  ),
)

export function mutationsOf({ fact, object }: Subject): Mutation[] {
  const { status, ...main } = object
  const withoutStatus = main as DynamicObject
  const mutations = fact.verbs.includes('create') ? each('create', withoutStatus, withoutStatus, []) : []
  if (fact.verbs.includes('update')) mutations.push(...each('update', withoutStatus, withoutStatus, []))
  if (status && fact.subresources?.some((one) => one.name === 'status')) {
    mutations.push(...each('status', object, status, ['status']))
  }
  const all = [...mutations, ...pairs(mutations)]
  // A door's are played together.
  const ordered = DOORS.flatMap((door) => all.filter((one) => one.door === door))
  const seen = new Set<string>()
  return ordered.filter((one) => {
    const text = `${one.door} ${one.strict} ${JSON.stringify(one.object)}`
    return !seen.has(text) && seen.add(text)
  })
}

/** Kinds of changes that are told by validation and not by decoding. */
const TOLD = /(?:delete|change|empty|bogus|long|negative|zero|repeat|badkey)$/
const PAIRS = 40

/** Two changes at once, of places far from each other: what is told of both, and in which order. */
function pairs(singles: readonly Mutation[]): Mutation[] {
  const told = singles.filter(({ id, change }) => TOLD.test(id) && change && change.path[0] !== 'metadata')
  const made: Mutation[] = []
  told.forEach((first, i) => {
    if (sum(first.id) % Math.ceil(told.length / PAIRS) !== 0) return
    const second = told[(i + 1 + (sum(`${first.id} and`) % told.length)) % told.length] as Mutation
    if (second.door !== first.door || touches(first, second)) return
    const { path, value } = second.change as { path: Path; value: unknown }
    const object = changed(first.object, path, value) as DynamicObject
    made.push({
      id: `${first.id} and ${second.id.slice(second.door.length + 1)}`,
      door: first.door,
      strict: false,
      object,
    })
  })
  return made
}

/** One lies within the other, or both change the same list. */
function touches({ change: a }: Mutation, { change: b }: Mutation): boolean {
  const [left, right] = [a?.path ?? [], b?.path ?? []]
  const shared = Math.min(left.length, right.length)
  const apart = left.slice(0, shared).findIndex((step, i) => step !== right[i])
  return apart < 0 || typeof left[apart] === 'number'
}

function each(door: Door, root: DynamicObject, value: unknown, path: Path): Mutation[] {
  const mutations: Mutation[] = []
  if (path.length > 0) {
    for (const change of changesOf(door, value, path)) {
      const id = `${door} ${textOf(path)} ${change.name}`
      const strict = change.name === 'unknown' && sum(id) % 2 === 0
      const object = changed(root, path, change.value) as DynamicObject
      mutations.push({ id, door, strict, object, change: { path, value: change.value } })
    }
  }
  if (Array.isArray(value)) {
    for (const [i, child] of value.entries()) mutations.push(...each(door, root, child, [...path, i]))
  } else if (value !== null && typeof value === 'object') {
    for (const [name, child] of Object.entries(value)) {
      if (path.length === 0 && (name === 'apiVersion' || name === 'kind') && door !== 'create') continue
      mutations.push(...each(door, root, child, [...path, name]))
    }
  }
  return mutations
}

/** Decoding does not ask for the verb: wrong types are sent on create only. */
function changesOf(door: Door, value: unknown, path: Path): Change[] {
  const created = door === 'create'
  const changes: Change[] = [{ name: 'delete', value: REMOVED }]
  const add = (name: string, next: unknown, when = true) => when && changes.push({ name, value: next })
  if (typeof value === 'string') {
    add('change', `${value}x`, !created)
    add('empty', '')
    add('bogus', 'Bogus_!', created || door === 'status')
    add('long', LONG, created)
    add('type', 7, created)
  } else if (typeof value === 'number') {
    add('change', value + 1, !created)
    add('negative', -1)
    add('zero', 0)
    add('huge', 2000000000, created)
    add('type', 'x', created)
    add('fraction', 1.5, created && sum(textOf(path)) % 3 === 0)
  } else if (typeof value === 'boolean') {
    add('flip', !value)
    add('type', 'true', created)
  } else if (Array.isArray(value)) {
    add('empty', [])
    add('repeat', [...value, value[0]])
    add('reverse', [...value].reverse(), !created && value.length > 1)
    add('type', 'x', created)
    add('null', [null], created && sum(textOf(path)) % 2 === 0)
  } else if (value !== null && typeof value === 'object') {
    add('empty', {})
    add('unknown', { ...value, bogus: 'x' }, created)
    add('badkey', { ...value, '-bad-': 'x' }, MAPS.has(String(path.at(-1))))
    add('type', 'x', created)
    add('null', null, created && sum(textOf(path)) % 3 === 0)
  }
  return changes
}

function changed(root: unknown, path: Path, value: unknown): unknown {
  const [first, ...rest] = path
  if (Array.isArray(root)) {
    if (rest.length === 0 && value === REMOVED) return root.filter((_, i) => i !== first)
    return root.map((item, i) => (i === first ? (rest.length ? changed(item, rest, value) : value) : item))
  }
  const copy = { ...(root as Record<string, unknown>) }
  if (rest.length) copy[first] = changed(copy[first], rest, value)
  else if (value === REMOVED) delete copy[first]
  else copy[first] = value
  return copy
}

function textOf(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  )
}

function sum(text: string): number {
  let total = 0
  for (let i = 0; i < text.length; i++) total = (total * 31 + text.charCodeAt(i)) % 1000003
  return total
}
