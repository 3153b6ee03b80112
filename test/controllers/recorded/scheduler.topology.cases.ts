/** Pods that go by where others are: spread constraints, affinity and anti-affinity. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case } from './case.ts'
import { comes, create, given, gone, node, type PodShape, patchNode, patchPod, pod } from './scheduler.ts'

const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'
const web = { app: 'web' }
const inZone = (name: string, zone: string, more: Parameters<typeof node>[1] = {}): DynamicObject =>
  node(name, { ...more, labels: { [ZONE]: zone, ...more.labels } })
const at = (name: string, where: string, shape: PodShape = {}): DynamicObject =>
  pod(name, { labels: web, node: where, ...shape })

const spread = (...constraints: object[]): PodShape => ({
  labels: web,
  spec: {
    topologySpreadConstraints: constraints.map((each) => ({
      maxSkew: 1,
      whenUnsatisfiable: 'DoNotSchedule',
      topologyKey: ZONE,
      labelSelector: { matchLabels: web },
      ...each,
    })),
  },
})

const twoZones = [inZone('a1', 'a'), inZone('b1', 'b')]

const spreading: Case[] = [
  comes('spread: the emptier zone', [...twoZones, at('x', 'a1')], spread({})),
  comes('spread: no zone is left', [inZone('a1', 'a'), inZone('b1', 'b', { cpu: '1' }), at('x', 'a1')], {
    ...spread({}),
    requests: { cpu: '2' },
  }),
  comes('spread: a larger skew', [inZone('a1', 'a'), inZone('b1', 'b', { cpu: '1' }), at('x', 'a1')], {
    ...spread({ maxSkew: 2 }),
    requests: { cpu: '2' },
  }),
  comes('spread: nodes without the label', [node('n'), inZone('a1', 'a')], spread({})),
  comes('spread: only nodes without the label', [node('n')], spread({})),
  comes('spread: too few domains', [...twoZones, at('x', 'a1'), at('y', 'b1')], spread({ minDomains: 3 })),
  comes(
    'spread: two constraints at once',
    [inZone('a1', 'a'), inZone('a2', 'a'), inZone('b1', 'b'), at('x', 'a1'), at('y', 'b1'), at('z', 'b1')],
    spread({}, { topologyKey: HOST }),
  ),
  comes(
    'spread: nodes that the pod does not want are no domains',
    [inZone('a1', 'a', { labels: { disk: 'ssd' } }), inZone('b1', 'b'), at('x', 'a1')],
    { ...spread({}), spec: { ...spread({}).spec, nodeSelector: { disk: 'ssd' } } },
  ),
  comes(
    'spread: nodes that the pod does not want are domains if it says so',
    [inZone('a1', 'a', { labels: { disk: 'ssd' } }), inZone('b1', 'b'), at('x', 'a1')],
    { ...spread({}), spec: { ...spread({ nodeAffinityPolicy: 'Ignore' }).spec, nodeSelector: { disk: 'ssd' } } },
  ),
  comes(
    'spread: tainted nodes are domains',
    [inZone('a1', 'a'), inZone('b1', 'b', { taints: [{ key: 'k', effect: 'NoSchedule' }] }), at('x', 'a1')],
    spread({}),
  ),
  comes(
    'spread: tainted nodes are no domains if it says so',
    [inZone('a1', 'a'), inZone('b1', 'b', { taints: [{ key: 'k', effect: 'NoSchedule' }] }), at('x', 'a1')],
    spread({ nodeTaintsPolicy: 'Honor' }),
  ),
  comes(
    'spread: pods of another revision do not count',
    [...twoZones, at('x', 'a1', { labels: { ...web, rev: '1' } }), at('y', 'b1', { labels: { ...web, rev: '2' } })],
    {
      ...spread({ matchLabelKeys: ['rev'] }),
      labels: { ...web, rev: '2' },
    },
  ),
  comes('spread: wishes only', [...twoZones, inZone('c1', 'c', { cpu: '1' }), at('x', 'a1'), at('y', 'b1')], {
    ...spread({ whenUnsatisfiable: 'ScheduleAnyway' }),
    requests: { cpu: '500m' },
  }),
  comes(
    'spread: wishes, nodes without the label are the worst',
    [node('n', { cpu: '32', memory: '64Gi' }), inZone('a1', 'a')],
    spread({ whenUnsatisfiable: 'ScheduleAnyway' }),
  ),
  {
    title: 'spread: a pod that comes to another zone helps',
    steps: [
      given(inZone('a1', 'a'), inZone('b1', 'b', { unschedulable: true }), at('x', 'a1')),
      create(pod('p', spread({}))),
      create(at('y', 'b1')),
    ],
  },
]

const near = (...terms: object[]): object => ({ affinity: { podAffinity: required(terms) } })
const far = (...terms: object[]): object => ({ affinity: { podAntiAffinity: required(terms) } })
const required = (terms: object[]): object => ({ requiredDuringSchedulingIgnoredDuringExecution: terms })
const term = (labels: object, more: object = {}): object => ({
  topologyKey: ZONE,
  labelSelector: { matchLabels: labels },
  ...more,
})
const likes = (kind: 'podAffinity' | 'podAntiAffinity', weight: number, labels: object): object => ({
  affinity: {
    [kind]: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight, podAffinityTerm: term(labels, { topologyKey: HOST }) },
      ],
    },
  },
})

const neighbours: Case[] = [
  comes('affinity: the zone of the other', [...twoZones, at('x', 'b1')], { spec: near(term(web)) }),
  comes('affinity: nobody to be near to', [...twoZones], { spec: near(term(web)) }),
  comes('affinity: the first of its group', [inZone('a1', 'a')], { labels: web, spec: near(term(web)) }),
  comes('affinity: the first of its group needs the label', [node('n')], { labels: web, spec: near(term(web)) }),
  comes('affinity: all terms', [...twoZones, at('x', 'b1'), at('y', 'a1', { labels: { app: 'web', db: 'yes' } })], {
    spec: near(term(web), term({ db: 'yes' }, { topologyKey: HOST })),
  }),
  comes('affinity: the own namespace by its label', [...twoZones, at('x', 'b1')], {
    spec: near(term(web, { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'NAMESPACE' } } })),
  }),
  comes('affinity: all namespaces', [...twoZones, at('x', 'b1')], { spec: near(term(web, { namespaceSelector: {} })) }),
  comes('affinity: another namespace', [...twoZones, at('x', 'b1')], {
    spec: near(term(web, { namespaces: ['default'] })),
  }),
  comes(
    'affinity: only the same revision',
    [...twoZones, at('x', 'a1', { labels: { ...web, rev: '1' } }), at('y', 'b1', { labels: { ...web, rev: '2' } })],
    {
      labels: { rev: '2' },
      spec: near(term(web, { matchLabelKeys: ['rev'] })),
    },
  ),
  comes('anti-affinity: another zone', [...twoZones, at('x', 'a1')], { spec: far(term(web)) }),
  comes('anti-affinity: no zone is left', [...twoZones, at('x', 'a1'), at('y', 'b1')], { spec: far(term(web)) }),
  comes(
    'anti-affinity: those who are there do not want it',
    [...twoZones, pod('x', { node: 'a1', spec: far(term(web)) })],
    { labels: web },
  ),
  comes(
    'anti-affinity: those who are there want it nowhere',
    [...twoZones, pod('x', { node: 'a1', spec: far(term(web)) }), pod('y', { node: 'b1', spec: far(term(web)) })],
    { labels: web },
  ),
  comes(
    'affinity and anti-affinity for different reasons',
    [...twoZones, at('x', 'a1'), pod('y', { node: 'a1', labels: { db: 'yes' } })],
    {
      spec: { affinity: { podAffinity: required([term(web)]), podAntiAffinity: required([term({ db: 'yes' })]) } },
    },
  ),
  comes('preferred affinity', [node('a'), node('b', { cpu: '16' }), at('x', 'a')], {
    spec: likes('podAffinity', 100, web),
  }),
  comes('preferred anti-affinity', [node('a', { cpu: '16' }), node('b'), at('x', 'a')], {
    spec: likes('podAntiAffinity', 100, web),
  }),
  comes(
    'those who are there like it',
    [node('a'), node('b', { cpu: '16' }), pod('x', { node: 'a', spec: likes('podAffinity', 50, web) })],
    { labels: web },
  ),
  comes(
    'those who are there dislike it',
    [node('a', { cpu: '16' }), node('b'), pod('x', { node: 'a', spec: likes('podAntiAffinity', 50, web) })],
    { labels: web },
  ),
  comes(
    'those who need it count a little',
    [
      node('a', { labels: { [ZONE]: 'a' } }),
      node('b', { labels: { [ZONE]: 'b' } }),
      pod('x', { node: 'a', labels: web, spec: near(term(web, { topologyKey: HOST })) }),
    ],
    { labels: web },
  ),
  {
    title: 'affinity: a pod that comes helps',
    steps: [given(...twoZones), create(pod('p', { spec: near(term(web)) })), create(at('x', 'b1'))],
  },
  {
    title: 'affinity: a label that comes helps',
    steps: [
      given(...twoZones, pod('x', { node: 'b1' })),
      create(pod('p', { spec: near(term(web)) })),
      patchPod('x', { metadata: { labels: web } }),
    ],
  },
  {
    title: 'anti-affinity: a pod that goes helps',
    steps: [given(inZone('a1', 'a'), at('x', 'a1')), create(pod('p', { spec: far(term(web)) })), gone('x')],
  },
  {
    title: 'anti-affinity: a node that moves helps',
    steps: [
      given(inZone('a1', 'a'), inZone('a2', 'a'), at('x', 'a1')),
      create(pod('p', { spec: far(term(web)) })),
      patchNode('a2', { metadata: { labels: { [ZONE]: 'b' } } }),
    ],
  },
]

export const topologyCases: readonly Case[] = [...spreading, ...neighbours]
