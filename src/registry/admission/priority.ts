/** Priority: a pod's number comes from its class; only one class is the default. Mirrors plugin/pkg/admission/priority. */
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { WriteContext } from '../definition.ts'
import { CompiledView } from './compiled-view.ts'
import { type AdmissionPluginFactory, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

const NAME = 'Priority'
const CLASSES = 'priorityclasses.scheduling.k8s.io'
const STORED_CLASSES = '/registry/priorityclasses/'

const ofPods = requestsFor(['pods'], ['CREATE', 'UPDATE'])
const ofClasses = requestsFor([CLASSES], ['CREATE', 'UPDATE'])

export const priority: AdmissionPluginFactory = {
  name: NAME,
  create({ storage }) {
    const usual = new CompiledView(storage, [STORED_CLASSES], ([classes = []]) => ({ class: defaultOf(classes) }))
    return {
      name: NAME,
      concerns: (kind) => ofPods(kind) || ofClasses(kind),
      admit(request, context) {
        const { definition, object, operation } = request
        if (definition.groupResource !== 'pods' || !object) return
        if (operation === 'UPDATE') keepPriority(object, request.old)
        else setPriority(request, object, classFor(request, object, usual.current().class, context))
      },
      validate(request) {
        const { definition, object, operation } = request
        if (definition.groupResource !== CLASSES || object?.['globalDefault'] !== true) return
        const current = usual.current().class?.metadata.name
        if (current === undefined || (operation === 'UPDATE' && current === object.metadata.name)) return
        throw refuse(request, `PriorityClass ${current} is already marked as default. Only one default can exist`)
      },
    }
  },
}

/** Clients that do not know the fields leave them out. */
function keepPriority(pod: DynamicObject, old: KubeObject | undefined): void {
  const before = (old as DynamicObject | undefined)?.['spec']
  for (const field of ['priority', 'preemptionPolicy']) {
    if (pod['spec'][field] === undefined && before?.[field] !== undefined) pod['spec'][field] = before[field]
  }
}

function setPriority(request: AdmissionRequest, { spec }: DynamicObject, found: DynamicObject | undefined): void {
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

function classFor(
  request: AdmissionRequest,
  { spec }: DynamicObject,
  usual: DynamicObject | undefined,
  context: WriteContext,
): DynamicObject | undefined {
  const name = spec.priorityClassName
  if (!name) return usual
  const found = context.reader.get(CLASSES, '', name)
  if (!found) throw refuse(request, `no PriorityClass with name ${name} was found`)
  return found
}

/** Of several defaults the one with the lowest value counts. */
function defaultOf(classes: readonly DynamicObject[]): DynamicObject | undefined {
  const defaults = classes.filter((it) => it['globalDefault'] === true)
  return defaults.reduce<DynamicObject | undefined>(
    (lowest, it) => (lowest === undefined || it['value'] < lowest['value'] ? it : lowest),
    undefined,
  )
}
