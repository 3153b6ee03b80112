/** Binding a pod to a node: pods/binding, and the older bindings resource. Mirrors pkg/registry/core/pod/storage/storage.go (BindingREST). */
import { formatTime } from '../../apimachinery/clock.ts'
import { newBadRequest, newConflict, StatusError } from '../../apimachinery/errors.ts'
import { aggregate, type FieldError, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import type { Binding, Pod } from '../../types/core-v1.ts'
import type { WriteContext } from '../definition.ts'
import { invalids } from '../validation.ts'
import { withCondition } from './pod-conditions.ts'

/** The body of a create that makes nothing. */
export const success = (): KubeObject =>
  ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }) as KubeObject

export async function bindPod(
  name: string,
  namespace: string,
  body: DynamicObject,
  context: WriteContext,
): Promise<KubeObject> {
  const binding = body as unknown as Binding
  if (binding.metadata.name !== name) throw newBadRequest('name in URL does not match name in Binding object')
  const errors = validateBinding(binding)
  if (errors.length > 0) throw plainFailure(aggregate(errors))
  const change = (old: DynamicObject) => bound(old as unknown as Pod, binding, context) as unknown as DynamicObject
  await context.writer.update('pods', namespace, name, change, 'binding')
  return success()
}

/** A 500 without a reason: what the server makes of an error that is no Status of its own. */
export function plainFailure(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

function validateBinding({ target }: Binding): FieldError[] {
  const { kind = '', name = '' } = target ?? {}
  const errors = kind && kind !== 'Node' ? [notSupported('target.kind', kind, ['Node', '<empty>'])] : []
  if (!name) errors.push(required('target.name'))
  else if (errors.length === 0) errors.push(...invalids('target.name', name, isDns1123Subdomain(name)))
  return errors
}

function bound(pod: Pod, binding: Binding, context: WriteContext): Pod {
  const name = pod.metadata.name ?? ''
  const refuse = (why: string) => newConflict({ group: '', resource: 'pods/binding' }, name, why)
  const { uid, resourceVersion } = binding.metadata
  if (uid && uid !== pod.metadata.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`)
  }
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    const versions = `${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`
    throw refuse(`Precondition failed: ResourceVersion in precondition: ${versions}`)
  }
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec?.nodeName) {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  }
  if (pod.spec?.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  const { nominatedNodeName: _, ...status } = pod.status ?? {}
  const metadata = { ...pod.metadata }
  const { annotations, labels } = binding.metadata
  if (annotations) metadata.annotations = { ...metadata.annotations, ...annotations }
  if (labels) metadata.labels = { ...metadata.labels, ...labels }
  const scheduled = { type: 'PodScheduled', status: 'True' }
  return {
    ...pod,
    metadata,
    spec: { ...pod.spec!, nodeName: binding.target.name },
    status: withCondition(status, scheduled, formatTime(context.clock.now())),
  }
}
