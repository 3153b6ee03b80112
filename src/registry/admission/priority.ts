/** Priority: a pod's number comes from its class; only one class is the default. Mirrors plugin/pkg/admission/priority. */
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { WriteContext } from '../definition.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { podOf } from './pods.ts'
import { refuse } from './refuse.ts'

const CLASSES = 'priorityclasses.scheduling.k8s.io'

export const priority: AdmissionPlugin = {
  name: 'Priority',
  admit(request, context) {
    const pod = podOf(request, 'CREATE', 'UPDATE')
    if (!pod) return
    if (request.operation === 'UPDATE') keepPriority(pod, request.old)
    else setPriority(request, pod, context)
  },
  validate(request, context) {
    if (request.definition.groupResource !== CLASSES || request.subresource !== '') return
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return
    if (request.object?.['globalDefault'] !== true) return
    const current = defaultClass(context)?.metadata.name
    if (current === undefined) return
    if (request.operation === 'UPDATE' && current === request.object.metadata.name) return
    throw refuse(request, `PriorityClass ${current} is already marked as default. Only one default can exist`)
  },
}

/** Clients that do not know the fields leave them out. */
function keepPriority(pod: DynamicObject, old: KubeObject | undefined): void {
  const before = (old as DynamicObject | undefined)?.['spec']
  for (const field of ['priority', 'preemptionPolicy']) {
    if (pod['spec'][field] === undefined && before?.[field] !== undefined) pod['spec'][field] = before[field]
  }
}

function setPriority(request: AdmissionRequest, pod: DynamicObject, context: WriteContext): void {
  const { spec } = pod
  const found = spec.priorityClassName ? namedClass(request, spec.priorityClassName, context) : defaultClass(context)
  const value: number = found?.['value'] ?? 0
  const policy: string | undefined = found ? found['preemptionPolicy'] : 'PreemptLowerPriority'
  if (found) spec.priorityClassName = found.metadata.name
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  }
  spec.priority = value
  if (policy === undefined) return
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refuse(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  }
  spec.preemptionPolicy = policy
}

function namedClass(request: AdmissionRequest, name: string, context: WriteContext): DynamicObject {
  const found = context.reader.get(CLASSES, '', name)
  if (!found) throw refuse(request, `no PriorityClass with name ${name} was found`)
  return found
}

/** Of several defaults the one with the lowest value counts. */
function defaultClass(context: WriteContext): DynamicObject | undefined {
  const defaults = context.reader.list(CLASSES).filter((it) => it['globalDefault'] === true)
  return defaults.reduce<DynamicObject | undefined>(
    (lowest, it) => (lowest === undefined || it['value'] < lowest['value'] ? it : lowest),
    undefined,
  )
}
