/** PodSecurity: namespaces say by labels what pods may ask for. Mirrors k8s.io/pod-security-admission/admission/admission.go, without exemptions. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { newForbidden, newInvalid } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { PodSpec } from '../../types/core-v1.ts'
import type { WriteContext } from '../definition.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import type { AnyContainer, PodToCheck } from './pod-security.outcome.ts'
import {
  compareLevels,
  isPrivileged,
  type LevelVersion,
  type PodSecurityPolicy,
  policyOf,
  printLevelVersion,
  sameLevelVersion,
  violationsInFull,
  violationsOf,
} from './pod-security.policy.ts'

const MAX_PODS = 3000
/** Doors of a pod through which its containers cannot change. */
const IGNORED_DOORS = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

type Template = { metadata?: KubeObject['metadata']; spec: PodSpec }

const template = (object: DynamicObject): Template | undefined => object['spec'].template
/** Where the pod's template is in the kinds that have one. */
const TEMPLATES: Readonly<Record<string, (object: DynamicObject) => Template | undefined>> = {
  podtemplates: (object) => object['template'],
  replicationcontrollers: template,
  'replicasets.apps': template,
  'deployments.apps': template,
  'statefulsets.apps': template,
  'daemonsets.apps': template,
  'jobs.batch': template,
  'cronjobs.batch': (object) => object['spec'].jobTemplate.spec.template,
}

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  concerns({ groupResource, subresource, operation }) {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false
    if (groupResource === 'pods') return !IGNORED_DOORS.has(subresource)
    return subresource === '' && (groupResource === 'namespaces' || TEMPLATES[groupResource] !== undefined)
  },
  validate(request, context) {
    const { object, definition } = request
    const { groupResource } = definition
    if (!object) return
    if (groupResource === 'pods') return validatePod(request, object, context)
    if (groupResource === 'namespaces') return validateNamespace(request, object, context)
    const find = TEMPLATES[groupResource]
    if (find) validateTemplate(request, find(object), context)
  },
}

const NO_LABELS = {}
const toCheck = ({ metadata, spec }: Template): PodToCheck => ({ spec, annotations: metadata?.annotations ?? {} })

/** By the labels of stored namespaces, which never change. */
const policies = new WeakMap<object, PodSecurityPolicy>()

function policyAround({ namespace }: AdmissionRequest, { reader }: WriteContext): PodSecurityPolicy {
  const { labels = NO_LABELS } = reader.get('namespaces', '', namespace)?.metadata ?? {}
  let policy = policies.get(labels)
  if (policy === undefined) {
    policy = policyOf(labels)[0]
    policies.set(labels, policy)
  }
  return policy
}

function validatePod(request: AdmissionRequest, pod: DynamicObject, context: WriteContext): void {
  const policy = policyAround(request, context)
  if ([policy.enforce, policy.audit, policy.warn].every(isPrivileged)) return
  if (request.old && !changesContainers(pod, request.old as DynamicObject)) return
  const asked = toCheck(pod as unknown as Template)
  const violations = violationsOf(policy.enforce, asked)
  if (violations.length > 0) {
    const why = `violates PodSecurity ${quote(printLevelVersion(policy.enforce))}: ${violationsInFull(violations)}`
    const { group, resource } = request.definition
    throw newForbidden({ group, resource }, request.name, why)
  }
  warn(policy.warn, asked, context)
}

function validateTemplate(request: AdmissionRequest, found: Template | undefined, context: WriteContext): void {
  const policy = policyAround(request, context)
  if (found && !isPrivileged(policy.warn)) warn(policy.warn, toCheck(found), context)
}

function warn(policy: LevelVersion, pod: PodToCheck, context: WriteContext): void {
  const violations = violationsOf(policy, pod)
  if (violations.length === 0) return
  context.warn(`would violate PodSecurity ${quote(printLevelVersion(policy))}: ${violationsInFull(violations)}`)
}

/** A pod's image and its containers are all that an update can change of what is checked. */
function changesContainers({ spec: now }: DynamicObject, { spec: old }: DynamicObject): boolean {
  for (const list of ['containers', 'initContainers']) {
    const before: AnyContainer[] = old[list] ?? []
    const after: AnyContainer[] = now[list] ?? []
    if (before.length !== after.length) return true
    if (after.some(({ image }, i) => image !== before[i]?.image)) return true
  }
  const before: AnyContainer[] = old.ephemeralContainers ?? []
  const after: AnyContainer[] = now.ephemeralContainers ?? []
  return after.some(({ name, image }) => {
    const was = before.find((it) => it.name === name)
    return was === undefined || was.image !== image
  })
}

function validateNamespace(request: AdmissionRequest, namespace: DynamicObject, context: WriteContext): void {
  const [policy, errors] = policyOf(namespace.metadata.labels)
  const [oldPolicy, oldErrors] = request.old ? policyOf(request.old.metadata.labels) : [undefined, []]
  if (errors.length > 0 && !deepEqual(errors, oldErrors)) {
    throw newInvalid({ group: '', resource: 'Namespace' }, request.name, errors)
  }
  if (!oldPolicy) return
  const { enforce } = policy
  if (sameLevelVersion(enforce, oldPolicy.enforce) || isPrivileged(enforce)) return
  if (enforce.minor === oldPolicy.enforce.minor && compareLevels(enforce, oldPolicy.enforce) < 0) return
  const name = namespace.metadata.name ?? ''
  const pods = byController(context.reader.list('pods', name))
  for (const warning of warningsAbout(name, pods, enforce)) context.warn(warning)
}

/** One pod of each controller first: its siblings are alike. */
function byController(pods: readonly DynamicObject[]): DynamicObject[] {
  const seen = new Set<string>()
  const siblings: DynamicObject[] = []
  const first = pods.filter((pod) => {
    const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller)
    if (controller && seen.has(controller.uid)) {
      siblings.push(pod)
      return false
    }
    if (controller) seen.add(controller.uid)
    return true
  })
  return [...first, ...siblings]
}

function warningsAbout(namespace: string, pods: readonly DynamicObject[], enforce: LevelVersion): string[] {
  const names = new Map<string, string[]>()
  for (const pod of pods.slice(0, MAX_PODS)) {
    const violations = violationsOf(enforce, toCheck(pod as unknown as Template))
    if (violations.length === 0) continue
    const reasons = violations.map(({ reason }) => reason).join(', ')
    names.set(reasons, [...(names.get(reasons) ?? []), pod.metadata.name ?? ''])
  }
  const warnings: string[] = []
  if (pods.length > MAX_PODS) {
    const checked = `the first ${MAX_PODS} of ${pods.length} existing pods`
    warnings.push(`new PodSecurity enforce level only checked against ${checked}`)
  }
  if (names.size > 0) {
    const level = quote(printLevelVersion(enforce))
    warnings.push(`existing pods in namespace ${quote(namespace)} violate the new PodSecurity enforce level ${level}`)
  }
  const details = [...names].map(([reasons, pods]) => `${nameOne(pods)}: ${reasons}`)
  return [...warnings, ...details.sort()]
}

function nameOne(pods: readonly string[]): string {
  const [first] = [...pods].sort()
  const others = pods.length - 1
  if (others === 0) return first as string
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
}
