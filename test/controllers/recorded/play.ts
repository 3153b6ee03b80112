/** Plays one case and answers what is there after each step, without what differs from run to run. */
import { formatTime } from '../../../src/apimachinery/clock.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Snapshot, Stage, Step, Suite } from './case.ts'

export async function play({ steps }: Case, suite: Suite, stage: Stage): Promise<Snapshot[]> {
  const names = new Names(stage.namespace)
  const snapshots: Snapshot[] = []
  let before: Record<string, Record<string, Parts>> = {}
  let told = new Map<string, number>()
  for (const step of steps) {
    await run(step, stage, names)
    await stage.settle()
    const events = await stage.list('events')
    const now: Record<string, Record<string, Parts>> = {}
    const snapshot: Snapshot = {}
    const lists = new Map<string, DynamicObject[]>()
    for (const resource of [...suite.shows, ...(suite.sees ?? [])]) {
      const objects = await stage.list(resource)
      lists.set(
        resource,
        objects.filter(({ metadata }) => !suite.omits?.includes(metadata.name ?? '')),
      )
    }
    names.seeTemplates(lists.get('replicasets.apps') ?? [])
    names.seeEvents(events)
    for (const objects of lists.values()) names.see(objects)
    for (const resource of suite.shows) {
      now[resource] = Object.fromEntries(lists.get(resource)!.map((object) => shown(object, names, suite.hides)))
      const changed = changes(before[resource] ?? {}, now[resource], changes)
      if (Object.keys(changed).length > 0) snapshot[resource] = changed
    }
    const lines = eventLines(events, suite, names)
    const fresh = [...lines].filter(([line, count]) => told.get(line) !== count)
    if (fresh.length > 0)
      snapshot['events'] = fresh.map(([line, count]) => (count > 1 ? `${line} x${count}` : line)).sort()
    told = lines
    before = now
    snapshots.push(snapshot)
  }
  return snapshots
}

type Parts = Record<string, unknown>

/** Members that are new or others; those that are gone as null. */
function changes<T>(before: Record<string, T>, now: Record<string, T>, deeper?: (a: T, b: T) => unknown): Parts {
  const changed: Parts = {}
  for (const name of Object.keys(now).sort()) {
    if (JSON.stringify(before[name]) === JSON.stringify(now[name])) continue
    changed[name] = deeper && name in before ? deeper(before[name], now[name]) : now[name]
  }
  for (const name of Object.keys(before).sort()) if (!(name in now)) changed[name] = null
  return changed
}

async function run(step: Step, stage: Stage, names: Names): Promise<void> {
  const filled = <T>(value: T): T => fill(value, stage.now(), names)
  if (step.create) for (const object of [step.create].flat()) await stage.create(filled(object))
  for (const { resource, name, merge, subresource } of filled([step.patch ?? []].flat())) {
    await stage.patch(resource, names.real(name), merge, subresource)
  }
  if (step.put) await stage.put(step.put.resource, step.put.name, step.put.subresource, filled(step.put.object))
  if (step.pods) {
    const pods = await stage.list('pods')
    const wanted = step.pods.names ?? pods.map(({ metadata }) => names.alias(metadata.name as string)).sort()
    const { status, merge } = filled(step.pods)
    for (const name of wanted) {
      if (status) await stage.patch('pods', names.real(name), { status }, 'status')
      if (merge) await stage.patch('pods', names.real(name), merge)
    }
  }
  if (step.bind) await stage.bind(names.real(step.bind.name), step.bind.node)
  if (step.evict) await stage.evict(names.real(step.evict))
  for (const [name, usage] of Object.entries(step.metrics ?? {})) await stage.measure(names.real(name), usage)
  if (step.delete) {
    const { resource, name, propagationPolicy, gone } = step.delete
    const options = { ...(propagationPolicy ? { propagationPolicy } : {}), ...(gone ? { gracePeriodSeconds: 0 } : {}) }
    await stage.delete(resource, names.real(name), options)
  }
  if (step.seconds) await stage.pass(step.seconds)
}

/** `NOW`, `NOW-60` (a minute ago) and `UID of Kind name` become what they are now. */
function fill<T>(value: T, now: number, names: Names): T {
  const text = JSON.stringify(value)
    .replace(/"NOW(?:-(\d+))?"/g, (_, ago = 0) => JSON.stringify(formatTime(now - Number(ago) * 1000)))
    .replaceAll('"NAMESPACE"', JSON.stringify(names.namespace))
    .replace(/"UID of ([^"]+)"/g, (_, name) => JSON.stringify(names.uid(name)))
  return JSON.parse(text) as T
}

/** Names that chance made get others, in the order in which they appeared. */
class Names {
  readonly #aliases = new Map<string, string>()
  readonly #reals = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #words = new Map<string, string>()
  /** ReplicaSets of Deployments. */
  readonly #templates = new Map<string, string>()
  #hashes = 0

  readonly namespace: string

  constructor(namespace: string) {
    this.namespace = namespace
    this.#words.set(namespace, 'NAMESPACE')
  }

  /** Upstream's hash of a Deployment's template cannot be reproduced; it is in the names of ReplicaSets and their pods. */
  seeTemplates(replicaSets: readonly DynamicObject[]): void {
    const revision = ({ metadata }: DynamicObject): number =>
      Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)
    for (const { metadata } of [...replicaSets].sort((a, b) => revision(a) - revision(b))) {
      const hash = metadata.labels?.['pod-template-hash']
      const name = metadata.name ?? ''
      if (!hash || !name.endsWith(hash) || this.#templates.has(name)) continue
      const alias = `${name.slice(0, -hash.length)}HASH${++this.#hashes}`
      this.#words.set(hash, `HASH${this.#hashes}`)
      this.#templates.set(name, alias)
      this.#reals.set(alias, name)
    }
  }

  seeEvents(events: readonly DynamicObject[]): void {
    for (const { message } of [...events].sort(byRevision)) {
      const match = /^Created pod: (\S+)-[bcdfghjklmnpqrstvwxz2456789]{5}$/.exec(message as string)
      if (match) this.#name(`${match[1]}-`, (message as string).slice('Created pod: '.length))
    }
  }

  see(objects: readonly DynamicObject[]): void {
    for (const { kind, metadata, data } of [...objects].sort(byAge)) {
      this.#seeMinute(metadata.name ?? '')
      const { name = '', uid = '', generateName, labels } = metadata
      if (generateName) this.#name(generateName, name)
      // Upstream's hash of a DaemonSet's template cannot be reproduced.
      const hash = data?.spec?.template && labels?.['controller-revision-hash']
      if (kind === 'ControllerRevision' && hash && !this.#words.has(hash))
        this.#words.set(hash, `HASH${++this.#hashes}`)
      const owner = this.alias(name)
      this.#words.set(uid, `uid of ${kind} ${owner}`)
      for (const ref of metadata.ownerReferences ?? []) {
        if (!this.#words.has(ref.uid)) this.#words.set(ref.uid, `uid of ${ref.kind} ${this.alias(ref.name)}`)
      }
    }
  }

  /** Jobs of CronJobs are named by the minute that they were due. */
  #seeMinute(name: string): void {
    const match = /^(.*-)(\d{8})$/.exec(name)
    if (match) this.#alias(match[1], name, 'MINUTE')
  }

  uid(about: string): string {
    for (const [word, alias] of this.#words) if (alias === `uid of ${about}`) return word
    throw new Error(`no uid of ${about} was seen`)
  }

  #name(prefix: string, name: string): void {
    // Pods of StatefulSets have a prefix and a name of their own.
    if (/-[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(name)) this.#alias(prefix, name, 'POD')
  }

  #alias(prefix: string, name: string, word: string): void {
    if (this.#aliases.has(name)) return
    const count = (this.#counts.get(prefix) ?? 0) + 1
    this.#counts.set(prefix, count)
    const alias = `${this.#templated(prefix)}${word}${count}`
    this.#aliases.set(name, alias)
    this.#reals.set(alias, name)
  }

  /** The prefix of a ReplicaSet's pods is its name and a dash. */
  #templated(prefix: string): string {
    const alias = this.#templates.get(prefix.slice(0, -1))
    return alias ? `${alias}-` : prefix
  }

  alias(name: string): string {
    return this.#aliases.get(name) ?? this.#templates.get(name) ?? name
  }

  real(alias: string): string {
    return this.#reals.get(alias) ?? alias
  }

  apply(text: string): string {
    let out = text
    for (const [name, alias] of this.#aliases) out = out.replaceAll(name, alias)
    for (const [word, alias] of this.#words) if (word) out = out.replaceAll(word, alias)
    return out
  }
}

const byRevision = (a: DynamicObject, b: DynamicObject): number =>
  Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion)

/** Of objects that were made in the same second; names may be chance. */
const tieOf = ({ metadata, addressType, ports }: DynamicObject): string =>
  JSON.stringify([addressType, ports, metadata.name])

const byAge = (a: DynamicObject, b: DynamicObject): number =>
  (a['revision'] ?? 0) - (b['revision'] ?? 0) ||
  Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
  (tieOf(a) < tieOf(b) ? -1 : 1)

function eventLines(events: readonly DynamicObject[], suite: Suite, names: Names): Map<string, number> {
  const lines = new Map<string, number>()
  for (const event of events) {
    const { involvedObject, type, reason, message, count, source, reportingComponent } = event
    if (!suite.components.includes(source?.component || reportingComponent)) continue
    // Two controllers of the real one write at the same time: that is chance.
    if (message.includes('Operation cannot be fulfilled')) continue
    const full = names.apply(`${type} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message}`)
    const line = suite.alikePods ? full.replace(/-POD\d+/g, '-POD') : full
    lines.set(line, suite.ignoresCounts ? 1 : (lines.get(line) ?? 0) + (count ?? 1))
  }
  return lines
}

/** Defaults of pods that say nothing about controllers. */
const NOISE: Record<string, unknown> = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  terminationGracePeriodSeconds: 30,
  enableServiceLinks: true,
  preemptionPolicy: 'PreemptLowerPriority',
  priority: 0,
}

/** Made by keys that differ from cluster to cluster, or by chance. */
const SECRETS: Record<string, string> = {
  certificate: 'CERTIFICATE',
  token: 'TOKEN',
  'ca.crt': 'CA',
  namespace: 'NAMESPACE',
  shareID: 'SHARE',
}

function shown(object: DynamicObject, names: Names, hides: readonly string[] = []): [string, Parts] {
  const {
    uid,
    resourceVersion,
    creationTimestamp,
    managedFields,
    generateName,
    name = '',
    namespace,
    ...metadata
  } = object.metadata
  const { apiVersion, kind, ...parts } = object
  const rest = Object.fromEntries(Object.entries(parts).filter(([part]) => !hides.includes(part)))
  const spec = rest['spec']?.template && rest['spec'].selector ? cutTemplate(rest['spec']) : rest['spec']
  const text = JSON.stringify({ ...rest, metadata, ...(spec ? { spec } : {}) }, (key, value) => {
    if (value && typeof value === 'object' && !Array.isArray(value)) return sorted(value)
    if (key === 'resourceVersion') return undefined
    if (key in SECRETS && value) return SECRETS[key]
    if (key in NOISE && NOISE[key] === value) return undefined
    return typeof value === 'string'
      ? value.replace(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/, (_, zone) =>
          zone === 'Z' ? 'TIME' : `TIME${zone}`,
        )
      : value
  })
  return [names.apply(names.alias(name)), JSON.parse(names.apply(text))]
}

function sorted(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The template is the case's own. */
function cutTemplate({ template: _, ...spec }: Record<string, unknown>): object {
  return spec
}
