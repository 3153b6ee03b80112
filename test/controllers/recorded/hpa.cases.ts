/** HorizontalPodAutoscalers: what their controller does, with that of ReplicaSets beside it. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, type Metrics, pod, type Step, type Suite } from './case.ts'

function target(replicas: number, resources: object = { requests: { cpu: '100m', memory: '100Mi' } }): DynamicObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'busybox', resources }] },
      },
    },
  } as DynamicObject
}

function autoscaler(spec: object): DynamicObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'hpa' },
    spec: {
      maxReplicas: 10,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web' },
      metrics: [cpu(50)],
      ...spec,
    },
  } as DynamicObject
}

const cpu = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
const average = (name: string, averageValue: string): object => ({
  type: 'Resource',
  resource: { name, target: { type: 'AverageValue', averageValue } },
})
const ofContainer = (container: string): object => ({
  type: 'ContainerResource',
  containerResource: { name: 'cpu', container, target: { type: 'Utilization', averageUtilization: 50 } },
})
const create = (...objects: DynamicObject[]): Step => ({ create: objects })
/** The target, its pods ready and measured, and then the autoscaler. */
const start = (replicas: number, usage: Record<string, string>, spec: object = {}, resources?: object): Step[] => [
  create(target(replicas, resources)),
  { pods: { status: pod.ready() } },
  measure(
    Array.from({ length: replicas }, (_, i) => i + 1),
    usage,
  ),
  create(autoscaler(spec)),
]
function measure(pods: number[], usage: Record<string, string>): Step {
  const metrics: Metrics = Object.fromEntries(pods.map((n) => [`web-POD${n}`, usage]))
  return { metrics }
}
const look: Step = { seconds: 5 }
const patch = (spec: object): Step => ({
  patch: { resource: 'horizontalpodautoscalers.autoscaling', name: 'hpa', merge: { spec } },
})
const size = (replicas: number): Step => ({
  patch: { resource: 'replicasets.apps', name: 'web', merge: { spec: { replicas } } },
})
const rules = (scaleUp: object, scaleDown: object): object => ({ behavior: { scaleUp, scaleDown } })
const byPods = (value: number, more: object = {}): object => ({
  policies: [{ type: 'Pods', value, periodSeconds: 1800 }],
  ...more,
})

const cases: Case[] = [
  { title: 'usage above the target scales up', steps: start(2, { cpu: '100m' }) },
  { title: 'usage within the tolerance changes nothing', steps: start(2, { cpu: '52m' }) },
  { title: 'usage below the target waits for the window', steps: [...start(4, { cpu: '10m' }), look] },
  {
    title: 'usage below the target scales down without a window',
    steps: start(4, { cpu: '10m' }, rules({}, { stabilizationWindowSeconds: 0 })),
  },
  { title: 'the maximum is the limit', steps: start(2, { cpu: '100m' }, { maxReplicas: 3 }) },
  { title: 'growth is limited', steps: [...start(1, { cpu: '900m' }), look] },
  {
    title: 'the minimum is the limit',
    steps: start(4, { cpu: '1m' }, { minReplicas: 2, ...rules({}, { stabilizationWindowSeconds: 0 }) }),
  },
  { title: 'too few replicas are brought to the minimum', steps: start(1, { cpu: '50m' }, { minReplicas: 3 }) },
  { title: 'too many replicas are brought to the maximum', steps: start(3, { cpu: '50m' }, { maxReplicas: 2 }) },
  { title: 'a target without replicas is left alone', steps: start(0, {}) },
  {
    title: 'a target that is set to nothing',
    steps: [...start(2, { cpu: '50m' }), size(0), look],
  },
  {
    title: 'no metrics for these pods',
    steps: [create(target(1)), { pods: { status: pod.ready() } }, create(autoscaler({}))],
  },
  { title: 'a target that is not there', steps: [create(autoscaler({}))] },
  {
    title: 'a kind that is not there',
    steps: [create(autoscaler({ scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Web', name: 'web' } }))],
  },
  {
    title: 'a kind without a scale',
    steps: [create(autoscaler({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web' } }))],
  },
  { title: 'a container without a request', steps: start(1, { cpu: '50m' }, {}, {}) },
  { title: 'an average of CPU', steps: start(2, { cpu: '90m' }, { metrics: [average('cpu', '60m')] }) },
  { title: 'an average of memory', steps: start(2, { memory: '150Mi' }, { metrics: [average('memory', '100Mi')] }) },
  { title: 'one container of the pod', steps: start(2, { cpu: '80m' }, { metrics: [ofContainer('main')] }) },
  { title: 'a container that is not there', steps: start(1, { cpu: '80m' }, { metrics: [ofContainer('none')] }) },
  {
    title: 'the metric that asks for most decides',
    steps: start(2, { cpu: '60m', memory: '150Mi' }, { metrics: [cpu(50), average('memory', '50Mi')] }),
  },
  {
    title: 'a metric that is not known does not hinder growth',
    steps: start(2, { cpu: '100m' }, { metrics: [cpu(50), average('memory', '50Mi')] }),
  },
  {
    title: 'a metric that is not known hinders shrinking',
    steps: start(4, { cpu: '10m' }, { metrics: [cpu(50), average('memory', '50Mi')] }),
  },
  {
    title: 'pods without metrics count as idle when it grows',
    steps: [
      create(target(3)),
      { pods: { status: pod.ready() } },
      measure([1], { cpu: '200m' }),
      create(autoscaler({})),
    ],
  },
  {
    title: 'pods without metrics count as busy when it shrinks',
    steps: [create(target(3)), { pods: { status: pod.ready() } }, measure([1], { cpu: '1m' }), create(autoscaler({}))],
  },
  {
    title: 'pods that are not running do not count',
    steps: [
      create(target(3)),
      { pods: { status: pod.ready(), names: ['web-POD1'] } },
      measure([1], { cpu: '100m' }),
      create(autoscaler({})),
    ],
  },
  {
    title: 'a policy limits growth in a period',
    steps: [...start(2, { cpu: '300m' }, rules(byPods(1), {})), look],
  },
  {
    title: 'of two policies the one that changes less',
    steps: start(
      4,
      { cpu: '300m' },
      rules(
        {
          policies: [
            { type: 'Pods', value: 5, periodSeconds: 1800 },
            { type: 'Percent', value: 50, periodSeconds: 1800 },
          ],
          selectPolicy: 'Min',
        },
        {},
      ),
    ),
  },
  { title: 'growth can be forbidden', steps: start(2, { cpu: '300m' }, rules({ selectPolicy: 'Disabled' }, {})) },
  {
    title: 'a policy limits shrinking',
    steps: start(4, { cpu: '1m' }, rules({}, byPods(1, { stabilizationWindowSeconds: 0 }))),
  },
  {
    title: 'a tolerance of its own',
    steps: start(2, { cpu: '60m' }, rules({ tolerance: '0.5' }, {})),
  },
  {
    title: 'another maximum is followed',
    steps: [...start(2, { cpu: '100m' }, { maxReplicas: 3 }), patch({ maxReplicas: 4 })],
  },
]

export const hpa: Suite = {
  name: 'hpa',
  controllers: ['horizontal-pod-autoscaler', 'replicaset'],
  components: ['horizontal-pod-autoscaler'],
  shows: ['horizontalpodautoscalers.autoscaling', 'replicasets.apps'],
  ignoresCounts: true,
  settleSeconds: 46,
  quietMs: 5500,
  cases,
}
