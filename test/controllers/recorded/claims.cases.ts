/** ResourceClaims: what the resourceclaim controller makes of pods' templates. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, type Patch, type Step, type Suite, pod as statuses } from './case.ts'

const spec = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } }
const template = (metadata: object = {}): Step => ({
  create: {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaimTemplate',
    metadata: { name: 'gpu' },
    spec: { metadata, spec },
  } as DynamicObject,
})
const pod = (name: string, ...claims: object[]): Step => ({
  create: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'one' }], resourceClaims: claims },
  } as DynamicObject,
})
const generated = (name: string): object => ({ name, resourceClaimTemplateName: 'gpu' })
const remove = (resource: string, name: string): Step => ({ delete: { resource, name, gone: true } })
const done: Step = { pods: { status: statuses.succeeded() } }

const shared: Step = {
  create: {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name: 'shared', finalizers: ['resource.kubernetes.io/delete-protection'] },
    spec,
  } as DynamicObject,
}
/** As a scheduler writes it. */
const allocated = (claim: string, ...users: string[]): Patch => ({
  resource: 'resourceclaims.resource.k8s.io',
  name: claim,
  subresource: 'status',
  merge: {
    status: {
      allocation: { devices: { results: [{ request: 'gpu', driver: 'gpu.example.com', pool: 'a', device: 'gpu-0' }] } },
      reservedFor: users.map((name) => ({ resource: 'pods', name, uid: `UID of Pod ${name}` })),
    },
  },
})
const placed = (name: string, claims: object[], more: object = {}): Step => {
  const { create } = pod(name, ...claims) as { create: DynamicObject & { spec: object } }
  return { create: { ...create, spec: { ...create.spec, nodeName: 'a', ...more } } as DynamicObject }
}
const requests = { 'example.com/gpu': '1' }
/** A pod, and the claim that a scheduler made for its extended resources. */
const extended: Step[] = [
  placed('web', [], { containers: [{ name: 'main', image: 'one', resources: { requests, limits: requests } }] }),
  {
    create: {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: {
        name: 'web-extended',
        annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
        finalizers: ['resource.kubernetes.io/delete-protection'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'UID of Pod web', controller: true }],
      },
      spec,
    } as DynamicObject,
  },
  {
    patch: [
      allocated('web-extended', 'web'),
      {
        resource: 'pods',
        name: 'web',
        subresource: 'status',
        merge: {
          status: {
            extendedResourceClaimStatus: {
              resourceClaimName: 'web-extended',
              requestMappings: [{ containerName: 'main', resourceName: 'example.com/gpu', requestName: 'gpu' }],
            },
          },
        },
      },
    ],
  },
]

const cases: Case[] = [
  { title: 'a pod gets a claim of its template', steps: [template(), pod('web', generated('g'))] },
  { title: 'a pod waits for its template', steps: [pod('web', generated('g')), template()] },
  {
    title: 'labels and annotations of the template',
    steps: [template({ labels: { team: 'a' }, annotations: { note: 'x' } }), pod('web', generated('g'))],
  },
  {
    title: 'a claim of its own name needs nothing',
    steps: [pod('web', { name: 'g', resourceClaimName: 'shared' })],
  },
  { title: 'a claim goes with its pod', steps: [template(), pod('web', generated('g')), remove('pods', 'web')] },
  { title: 'a claim goes when its pod is done', steps: [template(), pod('web', generated('g')), done] },
  { title: 'two pods, two claims', steps: [template(), pod('a', generated('g')), pod('b', generated('g'))] },
  { title: 'the claim of extended resources goes when its pod is done', steps: [...extended, done] },
  { title: 'the claim of extended resources goes with its pod', steps: [...extended, remove('pods', 'web')] },
  {
    title: 'a pod that has its node already gets a claim that has devices',
    steps: [shared, placed('web', [{ name: 'g', resourceClaimName: 'shared' }]), { patch: allocated('shared') }],
  },
  {
    title: 'a claim that has devices, and a pod that has its node already',
    steps: [shared, { patch: allocated('shared') }, placed('web', [{ name: 'g', resourceClaimName: 'shared' }])],
  },
  {
    title: 'a pod that has no node yet does not get a claim that has devices',
    steps: [shared, { patch: allocated('shared') }, pod('web', { name: 'g', resourceClaimName: 'shared' })],
  },
  { title: 'two claims of one pod', steps: [template(), pod('web', generated('b'), generated('a'))] },
]

export const claims: Suite = {
  name: 'claims',
  controllers: ['resourceclaim', 'garbage-collector'],
  components: ['resource_claim'],
  shows: ['resourceclaims.resource.k8s.io', 'pods'],
  ignoresCounts: true,
  quietMs: 1500,
  cases,
}
