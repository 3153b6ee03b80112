/** DaemonSets: what the daemonset controller does. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

interface NodeSpec {
  labels?: object
  taints?: object[]
  unschedulable?: boolean
}

/** Nodes that are ready: the taint that new ones get is taken away. */
function nodesWith(specs: Record<string, NodeSpec>): Step {
  const nodes = Object.entries(specs)
  return {
    create: nodes.map(([name, { labels = {}, unschedulable }]) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels },
      spec: { unschedulable },
    })) as DynamicObject[],
    patch: nodes.map(([name, { taints = [] }]) => ({
      resource: 'nodes',
      name,
      merge: { spec: { taints: taints.length > 0 ? taints : null } },
    })),
  }
}

const nodes = (...names: string[]): Step => nodesWith(Object.fromEntries(names.map((name) => [name, {}])))
const taint = (key: string, effect: string): { taints: object[] } => ({ taints: [{ key, effect }] })
const patchNode = (name: string, merge: object): Step => ({ patch: { resource: 'nodes', name, merge } })

function setWith(spec: object, podSpec: object): DynamicObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'ds' },
    spec: {
      selector: { matchLabels: { app: 'ds' } },
      template: {
        metadata: { labels: { app: 'ds' } },
        spec: { containers: [{ name: 'main', image: 'one' }], ...podSpec },
      },
      ...spec,
    },
  } as DynamicObject
}

const create = (spec: object = {}, podSpec: object = {}): Step => ({ create: setWith(spec, podSpec) })
const patch = (spec: object): Step => ({ patch: { resource: 'daemonsets.apps', name: 'ds', merge: { spec } } })
const image = (name: string): Step => patch({ template: { spec: { containers: [{ name: 'main', image: name }] } } })
const bind = (n: number, to: string): Step => ({ bind: { name: `ds-POD${n}`, node: to } })
const status = (value: object, ...pods: number[]): Step => ({
  pods: { status: value, names: pods.map((n) => `ds-POD${n}`) },
})
const ready = (...pods: number[]): Step => status(pod.ready(), ...pods)
const remove = (n: number, gone = false): Step => ({
  delete: { resource: 'pods', name: `ds-POD${n}`, ...(gone ? { gone } : {}) },
})
const one = (...steps: Step[]): Step[] => [nodes('a'), create(), bind(1, 'a'), ready(1), ...steps]
const surge = { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }

const placement: Case[] = [
  { title: 'a pod for the node, which runs and is ready', steps: one() },
  { title: 'no nodes, no pods; a node that comes gets one', steps: [create(), nodes('a')] },
  {
    title: 'a node selector chooses nodes, and labels that change move pods',
    steps: [
      nodesWith({ a: { labels: { disk: 'ssd' } }, b: {} }),
      create({}, { nodeSelector: { disk: 'ssd' } }),
      bind(1, 'a'),
      ready(1),
      patchNode('b', { metadata: { labels: { disk: 'ssd' } } }),
      patchNode('a', { metadata: { labels: { disk: null } } }),
    ],
  },
  {
    title: 'required affinity chooses, and is replaced in the pod; preferred affinity stays',
    steps: [
      nodesWith({ a: { labels: { zone: 'x' } }, b: { labels: { zone: 'y' } } }),
      create(
        {},
        {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['y'] }] }],
              },
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 1, preference: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] } },
              ],
            },
          },
        },
      ),
    ],
  },
  {
    title: 'a tainted node gets no pod; without the taint it does',
    steps: [nodesWith({ a: taint('dedicated', 'NoSchedule') }), create(), patchNode('a', { spec: { taints: null } })],
  },
  {
    title: 'a NoSchedule taint lets a pod stay, misscheduled',
    steps: one(patchNode('a', { spec: taint('dedicated', 'NoSchedule') }), patchNode('a', { spec: { taints: null } })),
  },
  { title: 'a NoExecute taint removes the pod', steps: one(patchNode('a', { spec: taint('out', 'NoExecute') })) },
  {
    title: 'a cordoned node still gets one',
    steps: [nodesWith({ a: { unschedulable: true } }), create()],
  },
  {
    title: 'own tolerations are kept, and not said twice',
    steps: [
      nodesWith({ a: taint('dedicated', 'NoSchedule') }),
      create(
        {},
        {
          hostNetwork: true,
          tolerations: [
            { key: 'dedicated', operator: 'Exists' },
            { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
          ],
        },
      ),
    ],
  },
  {
    title: 'a node that goes leaves a pod that is not bound without a place',
    steps: [nodes('a'), create(), { delete: { resource: 'nodes', name: 'a' } }],
  },
  { title: 'a node that goes is not wanted any more', steps: one({ delete: { resource: 'nodes', name: 'a' } }) },
  { title: 'a deleted pod is replaced', steps: one(remove(1, true)) },
  { title: 'a pod that stops is waited for', steps: one(remove(1), remove(1, true)) },
  { title: 'a failed pod is killed and replaced', steps: one(status(pod.failed(), 1)) },
  {
    title: 'a succeeded pod is deleted and replaced',
    steps: one(status(pod.succeeded(), 1)),
  },
  {
    title: 'a matching pod on the node is adopted',
    steps: [
      nodes('a'),
      {
        create: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'own', labels: { app: 'ds' } },
          spec: { nodeName: 'a', containers: [{ name: 'main', image: 'one' }] },
        } as DynamicObject,
      },
      create(),
    ],
  },
  { title: 'availability comes after minReadySeconds', steps: availability() },
  {
    title: 'a deleted set takes its pods with it',
    steps: [
      nodes('a'),
      create(),
      { delete: { resource: 'daemonsets.apps', name: 'ds', propagationPolicy: 'Background' } },
    ],
  },
]

function availability(): Step[] {
  return [nodes('a'), create({ minReadySeconds: 5 }), bind(1, 'a'), ready(1), { seconds: 5 }]
}

const updates: Case[] = [
  {
    title: 'a rolling update replaces the pod',
    steps: one(image('two'), remove(1, true), bind(2, 'a'), ready(2)),
  },
  {
    title: 'an unready pod is replaced at once',
    steps: [nodes('a', 'b'), create(), image('two')],
  },
  {
    title: 'maxUnavailable in percent replaces all',
    steps: [
      nodes('a', 'b'),
      create({ updateStrategy: { rollingUpdate: { maxUnavailable: '100%' } } }),
      { pods: { status: pod.ready() } },
      image('two'),
    ],
  },
  { title: 'OnDelete waits for the deletion', steps: onDelete() },
  {
    title: 'a surge starts the new pod before the old one goes',
    steps: [nodes('a'), create(surge), bind(1, 'a'), ready(1), image('two'), bind(2, 'a'), ready(2)],
  },
  {
    title: 'a surge replaces an unready pod',
    steps: [nodes('a'), create(surge), bind(1, 'a'), image('two')],
  },
  {
    title: 'going back makes the old revision the newest',
    steps: [create(), image('two'), image('one')],
  },
  {
    title: 'old revisions are deleted beyond the limit',
    steps: [create({ revisionHistoryLimit: 1 }), image('two'), image('three'), image('four')],
  },
  {
    title: 'a surge with a pod that failed is made again',
    steps: [nodes('a'), create(surge), bind(1, 'a'), status(pod.failed(), 1)],
  },
]

function onDelete(): Step[] {
  const strategy = { updateStrategy: { type: 'OnDelete' } }
  return [nodes('a'), create(strategy), bind(1, 'a'), ready(1), image('two'), remove(1, true)]
}

export const daemonset: Suite = {
  name: 'daemonset',
  controllers: ['daemonset', 'garbage-collector'],
  components: ['daemonset-controller'],
  shows: ['daemonsets.apps', 'pods', 'controllerrevisions.apps'],
  cleans: ['nodes'],
  quietMs: 1200,
  exclusive: true,
  cases: [...placement, ...updates],
}
