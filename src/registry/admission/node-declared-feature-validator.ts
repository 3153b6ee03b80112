/** NodeDeclaredFeatureValidator: a bound pod changes only as its node says it can. Mirrors plugin/pkg/admission/nodedeclaredfeatures. */
import { semanticEqual } from '../../apimachinery/equality.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { PodSpec } from '../../types/core-v1.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

type Needs = (pod: PodSpec, old: PodSpec) => boolean

/** What an update can need, in the order of the names. */
const FEATURES: readonly (readonly [string, Needs])[] = [
  ['InPlacePodLevelResourcesVerticalScaling', ({ resources }, old) => !semanticEqual(resources, old.resources)],
  [
    'InPlacePodVerticalScalingInitContainers',
    ({ initContainers }, old) =>
      (old.initContainers ?? []).some(
        ({ restartPolicy, resources }, i) =>
          restartPolicy !== 'Always' && !semanticEqual(resources, initContainers?.[i]?.resources),
      ),
  ],
  ['InPlacePodVerticalScalingMemoryBackedVolumes', resizesMemory],
]

export const nodeDeclaredFeatureValidator: AdmissionPlugin = {
  name: 'NodeDeclaredFeatureValidator',
  concerns: requestsFor(['pods'], ['UPDATE'], ['', 'resize']),
  validate(request, { reader }) {
    const { object } = request
    const old = request.old as DynamicObject | undefined
    const nodeName = object?.['spec'].nodeName
    if (!object || !old || !nodeName || object.metadata.generation === old.metadata.generation) return
    const needed = FEATURES.filter(([, needs]) => needs(object['spec'], old['spec'])).map(([name]) => name)
    if (needed.length === 0) return
    const node = reader.get('nodes', '', nodeName)
    if (!node) throw refuse(request, `node ${quote(nodeName)} not found`)
    const declared: string[] = node['status']?.declaredFeatures ?? []
    const lacking = needed.filter((name) => !declared.includes(name))
    if (lacking.length === 0) return
    const what = `features ${lacking.join(', ')} which are not available on node ${quote(nodeName)}`
    throw refuse(request, `pod update requires ${what}`)
  },
}

function resizesMemory({ volumes = [] }: PodSpec, old: PodSpec): boolean {
  const before = old.volumes ?? []
  if (volumes.length !== before.length) return false
  return volumes.some(({ name, emptyDir }, i) => {
    const was = before[i]
    if (was?.name !== name || emptyDir?.medium !== 'Memory') return false
    const sizes = [emptyDir.sizeLimit, was.emptyDir?.sizeLimit]
    const [now, then] = sizes.map((size) => (size === undefined ? undefined : parseQuantity(String(size))))
    return now !== undefined && then !== undefined && compareQuantities(now, then) !== 0
  })
}
