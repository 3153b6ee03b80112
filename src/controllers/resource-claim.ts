/**
 * Claims that pods have templates for, and what pods that are done leave in claims. Mirrors pkg/controller/resourceclaim/controller.go. Keys are
 * those of pods and, with a prefix that no name has, of claims.
 */
import { isNotFound, newNotFound } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Pod, PodResourceClaim } from '../types/core-v1.ts'
import type { ResourceClaim, ResourceClaimTemplate } from '../types/resource-v1.ts'
import { type ControllerContext, defineController, type Key } from './controller.ts'
import { isPodTerminal } from './pods.ts'

const CLAIMS = 'resourceclaims.resource.k8s.io'
const TEMPLATES = 'resourceclaimtemplates.resource.k8s.io'
/** As upstream's texts name it. */
const TEMPLATE_IN_TEXTS = { group: 'resource.k8s.io', resource: 'resourceclaimtemplate' }
const POD_CLAIM = 'resource.kubernetes.io/pod-claim-name'
const FINALIZER = 'resource.kubernetes.io/delete-protection'
const CLAIM_KEY = 'claim:'
/** So many pods can have one claim. */
const MOST_USERS = 256
/** An index of pods, by `namespace/name` of their ResourceClaims. */
const RESOURCE_CLAIM = 'resourceClaim'
/** A name has 63 characters, five of which are chance, after a dash. */
const MAX_BASE = 57

const keyOf = ({ metadata }: KubeObject): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
const claimKey = (namespace = '', name = ''): Key => ({ namespace, name: CLAIM_KEY + name })
const claimsOf = (pod: KubeObject): PodResourceClaim[] => (pod as Pod).spec?.resourceClaims ?? []
/** The claim that the scheduler made for its extended resources. */
const extendedOf = (pod: KubeObject): string | undefined =>
  (pod as Pod).status?.extendedResourceClaimStatus?.resourceClaimName
const isDone = (pod: Pod): boolean => isPodTerminal(pod) || (isDeleted(pod) && !pod.spec?.nodeName)
const isDeleted = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined

export const resourceClaim = defineController({
  name: 'resourceclaim',
  component: 'resource_claim',
  watches: [
    { resource: 'pods', when: (pod) => claimsOf(pod).length > 0 || extendedOf(pod) !== undefined, keys: keysOfPod },
    {
      resource: CLAIMS,
      // A claim that was deleted is made again while its pod needs it.
      keys: (claim, context, _old, { type }) =>
        type === 'deleted'
          ? podsOf(claim)
          : [claimKey(claim.metadata.namespace, claim.metadata.name), ...withoutReservation(claim, context)],
    },
    {
      // Pods that wait for their template.
      resource: TEMPLATES,
      when: (_template, old) => old === undefined,
      keys: ({ metadata }, { lister }) =>
        lister('pods').byIndex('claimTemplate', `${metadata.namespace}/${metadata.name}`).map(keyOf),
    },
  ],
  indexes: {
    pods: {
      claimTemplate: (pod) =>
        claimsOf(pod).flatMap(({ resourceClaimTemplateName: name }) =>
          name ? [`${pod.metadata.namespace}/${name}`] : [],
        ),
      [RESOURCE_CLAIM]: (pod) => namesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`),
    },
  },
  async reconcile({ namespace, name }, context) {
    if (name.startsWith(CLAIM_KEY)) {
      const claim = context.lister<ResourceClaim>(CLAIMS).get(namespace, name.slice(CLAIM_KEY.length))
      if (claim) await release(claim, context)
      return
    }
    const pod = context.lister<Pod>('pods').get(namespace, name)
    if (!pod || isDeleted(pod) || isDone(pod)) return
    await makeClaims(pod, context)
    if (pod.spec?.nodeName) await reserve(pod, context)
  },
})

/** A pod needs claims until it is done, and then they are looked at. */
function keysOfPod(pod: KubeObject, _context: ControllerContext, _old: unknown, { type }: { type: string }): Key[] {
  if (type !== 'deleted' && !isDone(pod as Pod)) return [keyOf(pod)]
  const names = [...namesOf(pod), extendedOf(pod)]
  return names.flatMap((name) => (name ? [claimKey(pod.metadata.namespace, name)] : []))
}

/** Claims that were made for it, and those that it names. */
function namesOf(pod: KubeObject): string[] {
  const made = (pod as Pod).status?.resourceClaimStatuses ?? []
  return [...made, ...claimsOf(pod)].flatMap(({ resourceClaimName }) => resourceClaimName ?? [])
}

/** Pods that have their node, and not yet the devices that the claim has. */
function withoutReservation(object: KubeObject, { lister }: ControllerContext): Key[] {
  const { metadata, status } = object as ResourceClaim
  if (!status?.allocation) return []
  const users = lister<Pod>('pods').byIndex(RESOURCE_CLAIM, `${metadata.namespace}/${metadata.name}`)
  return users.filter((pod) => pod.spec?.nodeName && !isReservedFor(status, pod)).map(keyOf)
}

const isReservedFor = ({ reservedFor = [] }: NonNullable<ResourceClaim['status']>, { metadata }: Pod): boolean =>
  reservedFor.some(({ uid }) => uid === metadata.uid)

function podsOf({ metadata }: KubeObject): Key[] {
  const owners = (metadata.ownerReferences ?? []).filter(({ kind, controller }) => kind === 'Pod' && controller)
  return owners.map(({ name }) => ({ namespace: metadata.namespace ?? '', name }))
}

/** Makes what templates say, and writes the names into the pod's status. */
async function makeClaims(pod: Pod, context: ControllerContext): Promise<void> {
  const before = new Map(
    (pod.status?.resourceClaimStatuses ?? []).map((entry) => [entry.name, entry.resourceClaimName]),
  )
  const names = new Map(before)
  for (const podClaim of claimsOf(pod)) {
    try {
      const made = await claimFor(pod, podClaim, before.get(podClaim.name), context)
      if (made) names.set(podClaim.name, made)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const isMissing = isNotFound(error)
      const what = isMissing ? `resource claim template "${podClaim.resourceClaimTemplateName}": ${why}` : why
      const message = `PodResourceClaim ${podClaim.name}: ${what}`
      context.recorder.event(pod, 'Warning', 'FailedResourceClaimCreation', message)
      // The template that comes calls again.
      if (isMissing) return
      throw error
    }
  }
  if ([...names].every(([name, claim]) => before.get(name) === claim)) return
  const statuses = [...names].map(([name, resourceClaimName]) => ({ name, resourceClaimName }))
  statuses.sort((a, b) => (a.name < b.name ? -1 : 1))
  const change = (old: Pod): Pod => ({ ...old, status: { ...old.status, resourceClaimStatuses: statuses } })
  const { namespace = '', name = '' } = pod.metadata
  await context.client.modify<Pod>('pods', namespace, name, change, { subresource: 'status' })
}

/** The name of the claim that the pod is to use; undefined: it names one itself. */
async function claimFor(
  pod: Pod,
  { name, resourceClaimTemplateName }: PodResourceClaim,
  known: string | undefined,
  { client, lister }: ControllerContext,
): Promise<string | undefined> {
  if (!resourceClaimTemplateName) return undefined
  const namespace = pod.metadata.namespace ?? ''
  const own = lister<ResourceClaim>(CLAIMS).ownedBy(pod.metadata.uid ?? '')
  const present = own.find(({ metadata }) => metadata.name === known || metadata.annotations?.[POD_CLAIM] === name)
  if (present) return present.metadata.name
  const template = lister<ResourceClaimTemplate>(TEMPLATES).get(namespace, resourceClaimTemplateName)
  if (!template) throw newNotFound(TEMPLATE_IN_TEXTS, resourceClaimTemplateName)
  const { metadata: { labels, annotations } = {}, spec } = template.spec ?? {}
  const { uid = '', name: podName = '' } = pod.metadata
  const made = await client.create<ResourceClaim>(CLAIMS, {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      namespace,
      generateName: prefixOf(podName, name),
      labels,
      annotations: { ...annotations, [POD_CLAIM]: name },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: podName, uid, controller: true }],
    },
    spec,
  })
  return made.metadata.name
}

/** Both names are cut in proportion when they are too long together. */
function prefixOf(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`
  if (whole.length <= MAX_BASE) return whole
  const cut = (text: string, length: number): string => text.slice(0, Math.floor((text.length * MAX_BASE) / length))
  const shorter = cut(pod, whole.length)
  return `${shorter}-${cut(claim, whole.length)}`
}

/** A pod that came to its node without a scheduler gets claims that have devices. */
async function reserve(pod: Pod, { client, lister }: ControllerContext): Promise<void> {
  const { namespace = '', name = '', uid = '' } = pod.metadata
  for (const claimName of namesOf(pod)) {
    const claim = lister<ResourceClaim>(CLAIMS).get(namespace, claimName)
    const { allocation, reservedFor = [] } = claim?.status ?? {}
    if (!claim || !allocation || isReservedFor({ reservedFor }, pod) || reservedFor.length >= MOST_USERS) continue
    const status = { ...claim.status, reservedFor: [...reservedFor, { resource: 'pods', name, uid }] }
    await client.updateStatus<ResourceClaim>(CLAIMS, { ...claim, status })
  }
}

/** Pods that are gone or done hold a claim no longer; nobody holds it: its devices are free, and a generated one goes. */
async function release(claim: ResourceClaim, { client, lister }: ControllerContext): Promise<void> {
  const namespace = claim.metadata.namespace ?? ''
  const podOf = (name: string): Pod | undefined => lister<Pod>('pods').get(namespace, name)
  const reserved = claim.status?.reservedFor ?? []
  const remaining = reserved.filter(({ apiGroup, resource, name, uid }) => {
    if (apiGroup || resource !== 'pods') return true
    const pod = podOf(name)
    return pod !== undefined && pod.metadata.uid === uid && !isDone(pod)
  })
  const isProtected = claim.metadata.finalizers?.includes(FINALIZER) ?? false
  const isFree = remaining.length === 0 && isProtected && (reserved.length > 0 || isDeleted(claim))
  let current = claim
  if (remaining.length < reserved.length || (isFree && claim.status?.allocation)) {
    const { allocation, reservedFor: _, ...rest } = claim.status ?? {}
    const kept = isFree ? rest : { ...rest, ...(allocation ? { allocation } : {}) }
    const status = remaining.length > 0 ? { ...kept, reservedFor: remaining } : kept
    current = await client.updateStatus<ResourceClaim>(CLAIMS, { ...claim, status })
  }
  if (isFree) {
    const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
    await client.update<ResourceClaim>(CLAIMS, { ...current, metadata: { ...current.metadata, finalizers } })
  }
  const [owner] = (claim.metadata.ownerReferences ?? []).filter(({ kind, controller }) => kind === 'Pod' && controller)
  const pod = owner && podOf(owner.name)
  if (remaining.length > 0 || !owner || !pod || isDeleted(claim)) return
  if (pod.metadata.uid === owner.uid && !isDone(pod)) return
  await client.delete(CLAIMS, namespace, claim.metadata.name ?? '').catch((error) => {
    if (!isNotFound(error)) throw error
  })
}
