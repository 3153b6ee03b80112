/** ResourceClaims: what the resourceclaim controller makes of pods' templates. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, type Step, type Suite, pod as statuses } from './case.ts'

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
