/** Stored objects as fixtures: without what a server sets by itself, in an order in which they can be made again. */
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'

/**
 * Who writes in a cluster by itself. What nobody else has written is made again by itself, too: the defaults of a new cluster,
 * endpoints, what hangs on a Deployment.
 */
const CONTROL_PLANE = new Set([
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'api-priority-and-fairness-config-consumer-v1',
])

/** What the server sets whatever a fixture says. The uid stays, so that owners and what they own find each other when they are loaded. */
const OWN_FIELDS = ['resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'generation', 'managedFields']
const OWN_GRACE = 'deletionGracePeriodSeconds'

/** Kinds that others need: a namespace for its objects, a definition for its custom resources, a class or account for pods. */
const FIRST = ['Namespace', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'ServiceAccount', 'Service']

/** Labels that a Job without a selector of its own gets, with its uid in them. */
const JOB_LABELS = ['batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name', 'controller-uid', 'job-name']

export interface ExportOptions {
  /** What the control plane made, what controllers own and Events, too: for a cluster without controllers. */
  all?: boolean
  /** Only objects of this namespace. */
  namespace?: string
}

/** New objects, in an order in which they can be made. */
export function exportObjects(objects: Iterable<KubeObject>, { all, namespace }: ExportOptions = {}): KubeObject[] {
  const wanted = [...objects].filter(
    (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) && (all === true || isMadeByPeople(object)),
  )
  wanted.sort((a, b) => rankOf(a) - rankOf(b))
  return referencedFirst(wanted).map(withoutOwnFields)
}

function isMadeByPeople({ kind, metadata }: KubeObject): boolean {
  if (kind === 'Event' || metadata.ownerReferences?.some(({ controller }) => controller)) return false
  return metadata.managedFields?.some(({ manager = '' }) => !CONTROL_PLANE.has(manager)) ?? false
}

function rankOf({ kind }: KubeObject): number {
  const rank = FIRST.indexOf(kind)
  return rank < 0 ? FIRST.length : rank
}

/** What is spoken of by its uid, as owner, claim or target, before what speaks of it: the loader then knows its new uid. */
function referencedFirst(objects: readonly KubeObject[]): KubeObject[] {
  const byUid = new Map(objects.map((object) => [object.metadata.uid ?? '', object]))
  const ordered: KubeObject[] = []
  // One that is on its way already is not gone into again: two may speak of each other.
  const visited = new Set<KubeObject>()
  const visit = (value: unknown) => {
    if (typeof value === 'string') visitObject(byUid.get(value))
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit)
  }
  const visitObject = (object: KubeObject | undefined) => {
    if (object === undefined || visited.has(object)) return
    visited.add(object)
    visit(object)
    ordered.push(object)
  }
  objects.forEach(visitObject)
  return ordered
}

function withoutOwnFields(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...fields } = object as DynamicObject
  const kept = Object.entries(metadata).filter(([name]) => !OWN_FIELDS.includes(name) && name !== OWN_GRACE)
  const exported = { apiVersion, kind, metadata: Object.fromEntries(kept), ...fields } as DynamicObject
  return kind === 'Job' ? withoutOwnSelector(exported) : exported
}

function withoutOwnSelector(job: DynamicObject): DynamicObject {
  const { selector, template, ...spec } = job['spec']
  if (spec.manualSelector) return job
  const bare = { ...template, metadata: withoutJobLabels(template.metadata) }
  return { ...job, metadata: withoutJobLabels(job.metadata), spec: { ...spec, template: bare } }
}

function withoutJobLabels<T extends { labels?: Record<string, string> }>(metadata: T): T {
  const labels = Object.entries(metadata.labels ?? {}).filter(([label]) => !JOB_LABELS.includes(label))
  return { ...metadata, labels: Object.fromEntries(labels) }
}
