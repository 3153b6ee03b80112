/** PodResizeValidator: a running pod grows only to what its node can give. Mirrors plugin/pkg/admission/podresize. */
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { addResources, parseResources, podResources } from '../../apimachinery/pod-resources.ts'
import {
  compareQuantities,
  type Quantity,
  quantityMilliValue,
  quantityValue,
  ZERO,
} from '../../apimachinery/quantity.ts'
import { type AdmissionPlugin, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  concerns: requestsFor(['pods'], ['UPDATE'], ['resize']),
  validate(request, { reader }) {
    const { object, old } = request
    const nodeName = object?.['spec'].nodeName
    if (!object || !nodeName || object.metadata.generation === old?.metadata.generation) return
    const node = reader.get('nodes', '', nodeName)
    if (!node) throw refuse(request, `node ${quote(nodeName)} not found`)
    const os = node.metadata.labels?.['kubernetes.io/os']
    if (os !== undefined && os !== 'linux') {
      const why = `pod resize is only supported on linux nodes, node ${quote(nodeName)} is ${quote(os)}`
      refuseResize(request, why, 'UnsupportedPlatform')
    }
    const lacking = lackingOn(node, object)
    if (lacking.length === 0) return
    const why = `node didn't have enough allocatable resources: ${lacking.join('; ')}`
    refuseResize(request, why, 'NodeCapacity')
  },
}

function refuseResize(request: AdmissionRequest, why: string, reason: string): never {
  const error = refuse(request, why)
  error.status.details = { ...error.status.details, causes: [{ reason }] }
  throw error
}

function lackingOn(node: DynamicObject, { spec }: DynamicObject): string[] {
  const allocatable = parseResources(node['status']?.allocatable)
  const requests = addResources(podResources(spec, 'requests'), parseResources(spec.overhead))
  const show = (name: string, print: (amount: Quantity) => number): string[] => {
    const asked = requests[name] ?? ZERO
    const given = allocatable[name] ?? ZERO
    if (compareQuantities(asked, given) <= 0) return []
    return [`${name}, requested: ${print(asked)}, allocatable: ${print(given)}`]
  }
  return [...show('cpu', quantityMilliValue), ...show('memory', quantityValue)]
}
