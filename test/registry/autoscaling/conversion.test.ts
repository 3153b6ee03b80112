import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { autoscalerFromV1, autoscalerToV1 } from '../../../src/registry/autoscaling/conversion.ts'
import { scale, scaleOfLabels } from '../../../src/registry/autoscaling/scale.ts'
import { eventFromCore, eventToCore } from '../../../src/registry/events/conversion.ts'
import { goldenFiles, type RowCase } from '../../support/golden-cases.ts'

interface Recorded {
  autoscalers: { v1: DynamicObject; v2: DynamicObject }[]
  scales: { workload: DynamicObject; scale: DynamicObject }[]
}

/** One object seen through two doors of a real server. */
const recorded = JSON.parse(readFileSync(new URL('../../golden/conversions.json', import.meta.url), 'utf8')) as Recorded

describe('HorizontalPodAutoscaler', () => {
  it.each(recorded.autoscalers.map((pair) => [pair.v2.metadata.name, pair] as const))(
    'stored %s is seen in v1 as the real server shows it',
    (_, { v1, v2 }) => {
      expect(autoscalerToV1(v2)).toEqual(v1)
    },
  )

  // The first was written in v2: through v1 its cpu metric would have come last.
  it.each(recorded.autoscalers.slice(1).map((pair) => [pair.v2.metadata.name, pair] as const))(
    'written in v1 %s says what is stored',
    (_, { v1, v2 }) => {
      const { spec, metadata } = autoscalerFromV1(v1)
      expect({ spec, metadata }).toEqual({ spec: v2['spec'], metadata: v2.metadata })
    },
  )

  it('in v1 with annotations that do not parse keeps what it can say', () => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{', own: 'x' }
    const stored = autoscalerFromV1({
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h', annotations },
      spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    })
    expect(stored.metadata.annotations).toEqual({ own: 'x' })
    expect(stored['spec'].metrics).toHaveLength(1)
  })
})

describe('scale', () => {
  it.each(recorded.scales.map((pair) => [pair.workload['spec'].replicas, pair] as const))(
    'of %s replicas is read as the real server shows it',
    (_, { workload, scale: view }) => {
      expect(scale.read(workload)).toEqual(view)
    },
  )

  it('changes only the replicas, and carries the preconditions of the view', () => {
    const { workload } = recorded.scales[0]!
    const written = scale.write({ ...scale.read(workload), spec: { replicas: 7 } } as DynamicObject, workload)
    expect(written).toEqual({ ...workload, spec: { ...workload['spec'], replicas: 7 } })
    const stale = scale.write({ metadata: { resourceVersion: '1' }, spec: {} } as unknown as DynamicObject, workload)
    expect(stale.metadata.resourceVersion).toBe('1')
    expect(stale['spec'].replicas).toBe(0)
  })

  it('refuses less than nothing', () => {
    const view = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: {}, spec: { replicas: -1 } }
    expect(scale.validate?.(view, view)).toEqual([
      { type: 'Invalid', field: 'spec.replicas', badValue: -1, detail: 'must be greater than or equal to 0' },
    ])
  })

  it('prints the selector of a ReplicationController, a plain map', () => {
    const controller = {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: {},
      spec: { selector: { b: '2', a: '1' } },
    }
    expect(scaleOfLabels.read(controller)['status']).toEqual({ replicas: 0, selector: 'a=1,b=2' })
  })
})

describe('events', () => {
  const { rows } = goldenFiles<{ rows: RowCase[] }>('columns').find(([name]) => name === 'events')![1]

  it.each(rows.map(({ stored }) => [stored.metadata.name, stored] as const))(
    '%s come back as they went',
    (_, event) => {
      const core = eventToCore(event)
      expect(core.apiVersion).toBe('v1')
      expect(core['involvedObject']).toEqual(event['regarding'])
      expect(core['message']).toBe(event['note'])
      expect(core['reportingComponent']).toBe(event['reportingController'])
      expect(eventFromCore(core)).toEqual(event)
    },
  )
})
