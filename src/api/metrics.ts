/** Metrics under upstream's names, for what this server does. A registry of its own: many clusters share a process. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Storage } from '../storage/interface.ts'

export interface Metrics {
  registry: Registry
  requests: Counter<'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'scope' | 'code'>
  durations: Histogram<'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'scope'>
  inflight: Gauge<'request_kind'>
  watches: Gauge<'group' | 'version' | 'resource'>
}

/** `storage` is read when metrics are asked for, not on each write. */
export function createMetrics(storage: Storage): Metrics {
  const registry = new Registry()
  const resource = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Stored objects at the time of the last check, by resource prefix.',
    labelNames: ['resource'],
    registers: [registry],
    collect() {
      this.reset()
      for (const prefix of storage.prefixes())
        this.set({ resource: prefix.slice('/registry/'.length, -1) }, storage.count(prefix))
    },
  })
  return {
    registry,
    requests: new Counter({
      name: 'apiserver_request_total',
      help: 'Requests answered, by verb, resource and code.',
      labelNames: [...resource, 'code'],
      registers: [registry],
    }),
    durations: new Histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Time to answer, in seconds; watches are not counted.',
      labelNames: [...resource],
      buckets: [0.001, 0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    inflight: new Gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests being answered now, by whether they write.',
      labelNames: ['request_kind'],
      registers: [registry],
    }),
    watches: new Gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches open now, by resource.',
      labelNames: ['group', 'version', 'resource'],
      registers: [registry],
    }),
  }
}
