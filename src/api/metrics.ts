/**
 * Metrics under upstream's names, for what this server does. Counted in plain numbers, so that a request costs one look-up; prom-client
 * is loaded, and labels are written, when somebody asks.
 */
import type { Storage } from '../storage/interface.ts'

export interface RequestLabels {
  verb: string
  group: string
  version: string
  resource: string
  subresource: string
  scope: string
}

export interface Metrics {
  /** One request begins. `answered` is to be called once, when its connection is done with it. */
  begin(
    labels: RequestLabels,
    kind: 'mutating' | 'readOnly' | 'watch',
  ): { answered(code: number, known: boolean): void }
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
  const all = new Map<string, Series>()
  const inflight = { mutating: 0, readOnly: 0 }
  let open = 0
  let idle: (() => void)[] = []

  const seriesOf = (labels: RequestLabels): Series => {
    const key = keyOf(labels)
    let series = all.get(key)
    if (!series) {
      series = {
        labels,
        codes: new Map(),
        buckets: new Array(BUCKETS.length + 1).fill(0),
        count: 0,
        seconds: 0,
        open: 0,
      }
      all.set(key, series)
    }
    return series
  }

  return {
    begin(labels, kind) {
      const started = performance.now()
      const watched = kind === 'watch' ? seriesOf(labels) : undefined
      open++
      if (watched) watched.open++
      else inflight[kind as 'mutating']++
      return {
        answered(code, known) {
          const series = seriesOf(known ? labels : { ...labels, group: '', version: '', resource: '', subresource: '' })
          series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
          if (watched) {
            watched.open--
            // Nothing is kept for what a client made up.
            if (!known && watched.open === 0 && watched.codes.size === 0) all.delete(keyOf(labels))
          } else {
            inflight[kind as 'mutating']--
            const seconds = (performance.now() - started) / 1000
            const at = BUCKETS.findIndex((bound) => seconds <= bound)
            series.buckets[at < 0 ? BUCKETS.length : at] = (series.buckets[at < 0 ? BUCKETS.length : at] ?? 0) + 1
            series.count++
            series.seconds += seconds
          }
          if (--open > 0) return
          for (const resolve of idle) resolve()
          idle = []
        },
      }
    },
    whenIdle: () => new Promise((resolve) => (open === 0 ? resolve() : idle.push(resolve))),
    async exposition() {
      const { Registry } = await import('prom-client')
      const registry = new Registry()
      for (const metric of [...requestMetrics([...all.values()], inflight), storageMetric(storage)]) {
        registry.registerMetric({ ...metric, get: async () => metric } as never)
      }
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

function keyOf({ verb, group, version, resource, subresource, scope }: RequestLabels): string {
  return `${verb} ${group} ${version} ${resource} ${subresource} ${scope}`
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
