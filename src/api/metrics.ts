/**
 * Metrics under upstream's names, for what this server does. Counted in plain numbers, so that a request costs one look-up; prom-client
 * is loaded, and labels are written, when somebody asks.
 */
import type { Storage } from '../storage/interface.ts'

export interface RequestLabels {
  /** In lower case, as requests have it; told in upper case. */
  verb: string
  group: string
  version: string
  resource: string
  subresource: string
  scope: string
}

export interface Metrics {
  /** One request begins. What it answers is to be called once, when its connection is done with it. */
  begin(labels: RequestLabels, kind: 'mutating' | 'readOnly' | 'watch'): (code: number, known: boolean) => void
  /** Resolves when no request is open, watches included. */
  whenIdle(): Promise<void>
  /** What `/metrics` answers. */
  exposition(): Promise<{ contentType: string; text: string }>
}

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Series {
  labels: RequestLabels
  codes: Map<number, number>
  /** One a bound, and one for what is longer. Not cumulative. */
  buckets: number[]
  count: number
  seconds: number
  /** Watches open now. */
  open: number
}

/** `storage` is read when metrics are asked for, not on each write. */
export function createMetrics(storage: Storage): Metrics {
  const all = new AllSeries()
  const inflight = { mutating: 0, readOnly: 0 }
  let open = 0
  let idle: (() => void)[] = []

  return {
    begin(labels, kind) {
      const started = performance.now()
      const watched = kind === 'watch' ? all.of(labels) : undefined
      open++
      if (watched) watched.open++
      else inflight[kind as 'mutating']++
      return (code, known) => {
        const series = all.of(known ? labels : { ...labels, group: '', version: '', resource: '', subresource: '' })
        series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
        if (watched) {
          watched.open--
          // Nothing is kept for what a client made up.
          if (!known && watched.open === 0 && watched.codes.size === 0) all.forget(watched)
        } else {
          inflight[kind as 'mutating']--
          observe(series, (performance.now() - started) / 1000)
        }
        if (--open > 0) return
        for (const resolve of idle) resolve()
        idle = []
      }
    },
    whenIdle: () => new Promise((resolve) => (open === 0 ? resolve() : idle.push(resolve))),
    async exposition() {
      const { Registry } = await import('prom-client')
      const registry = new Registry()
      for (const metric of [...requestMetrics(all.list().map(told), inflight), storageMetric(storage)]) {
        registry.registerMetric({ ...metric, get: async () => metric } as never)
      }
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

/** By resource, of which each has a few. */
class AllSeries {
  readonly #byResource = new Map<string, Series[]>()

  /** Found or made. */
  of(labels: RequestLabels): Series {
    const same = this.#byResource.get(labels.resource)
    const found = same?.find((series) => areSame(series.labels, labels))
    if (found) return found
    const series = {
      labels,
      codes: new Map(),
      buckets: new Array(BUCKETS.length + 1).fill(0),
      count: 0,
      seconds: 0,
      open: 0,
    }
    if (same) same.push(series)
    else this.#byResource.set(labels.resource, [series])
    return series
  }

  forget(series: Series): void {
    const { resource } = series.labels
    const others = this.#byResource.get(resource)?.filter((other) => other !== series) ?? []
    if (others.length > 0) this.#byResource.set(resource, others)
    else this.#byResource.delete(resource)
  }

  list(): Series[] {
    return [...this.#byResource.values()].flat()
  }
}

function areSame(a: RequestLabels, b: RequestLabels): boolean {
  return (
    a.verb === b.verb &&
    a.scope === b.scope &&
    a.subresource === b.subresource &&
    a.group === b.group &&
    a.version === b.version
  )
}

function observe(series: Series, seconds: number): void {
  let at = 0
  while (at < BUCKETS.length && seconds > (BUCKETS[at] as number)) at++
  series.buckets[at]!++
  series.count++
  series.seconds += seconds
}

function told(series: Series): Series {
  return { ...series, labels: { ...series.labels, verb: series.labels.verb.toUpperCase() } }
}

/** The form in which prom-client takes what others counted. */
interface Exposed {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  aggregator: 'sum'
  values: { metricName?: string; labels: object; value: number }[]
}

function requestMetrics(all: readonly Series[], inflight: Record<string, number>): Exposed[] {
  return [
    {
      name: 'apiserver_request_total',
      help: 'Requests answered, by verb, resource and code.',
      type: 'counter',
      aggregator: 'sum',
      values: all.flatMap(({ labels, codes }) =>
        [...codes].map(([code, value]) => ({ labels: { ...labels, code: String(code) }, value })),
      ),
    },
    {
      name: 'apiserver_request_duration_seconds',
      help: 'Time to answer, in seconds; watches are not counted.',
      type: 'histogram',
      aggregator: 'sum',
      values: all.filter(({ count }) => count > 0).flatMap(histogram),
    },
    {
      name: 'apiserver_current_inflight_requests',
      help: 'Requests being answered now, by whether they write.',
      type: 'gauge',
      aggregator: 'sum',
      values: Object.entries(inflight).map(([kind, value]) => ({ labels: { request_kind: kind }, value })),
    },
    {
      name: 'apiserver_longrunning_requests',
      help: 'Watches open now, by resource.',
      type: 'gauge',
      aggregator: 'sum',
      values: all.filter(({ labels }) => labels.verb === 'WATCH').map(({ labels, open }) => ({ labels, value: open })),
    },
  ]
}

function histogram({ labels, buckets, count, seconds }: Series): Exposed['values'] {
  const name = 'apiserver_request_duration_seconds'
  let sum = 0
  const bounded = [...BUCKETS, '+Inf'].map((le, i) => {
    sum += buckets[i] ?? 0
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: sum }
  })
  return [
    ...bounded,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ]
}

function storageMetric(storage: Storage): Exposed {
  return {
    name: 'apiserver_storage_objects',
    help: 'Stored objects at the time of the last check, by resource prefix.',
    type: 'gauge',
    aggregator: 'sum',
    values: storage.prefixes().map((prefix) => ({
      labels: { resource: prefix.slice('/registry/'.length, -1) },
      value: storage.count(prefix),
    })),
  }
}
