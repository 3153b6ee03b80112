/** Quality of service from requests and limits. Mirrors pkg/apis/core/helper/qos/qos.go. */
import { compareQuantities, isZeroQuantity, parseQuantity } from '../../apimachinery/quantity.ts'
import type { PodSpec, ResourceRequirements } from '../../types/core-v1.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const COMPUTE = ['cpu', 'memory'] as const

/** Guaranteed where every request equals its limit, BestEffort where there are none; a mixture is Burstable. */
export function qosClassOf(spec: PodSpec): QosClass {
  const pod = spec.resources
  if (pod && COMPUTE.some((name) => pod.requests?.[name] !== undefined || pod.limits?.[name] !== undefined)) {
    return classOf(pod)
  }
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  return combine(containers.map((container) => classOf(container.resources ?? {})))
}

function classOf(resources: ResourceRequirements): QosClass {
  return combine(COMPUTE.map((name) => amountClass(resources.requests?.[name], resources.limits?.[name])))
}

function amountClass(request: string | number | undefined, limit: string | number | undefined): QosClass {
  const asked = parseQuantity(String(request ?? '0'))
  if (compareQuantities(asked, parseQuantity(String(limit ?? '0'))) !== 0) return 'Burstable'
  return isZeroQuantity(asked) ? 'BestEffort' : 'Guaranteed'
}

function combine(classes: readonly QosClass[]): QosClass {
  const [first = 'BestEffort'] = classes
  return classes.every((one) => one === first) ? first : 'Burstable'
}
