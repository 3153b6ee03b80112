/** RuntimeClass: the pod gets the overhead and the placement of its class. Mirrors plugin/pkg/admission/runtimeclass. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { newUnknownError } from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { WriteContext } from '../definition.ts'
import { type AdmissionPlugin, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

type Spec = DynamicObject['spec']
type Toleration = Record<string, unknown>

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  concerns: requestsFor(['pods'], ['CREATE']),
  admit(request, context) {
    const spec = request.object?.['spec']
    const found = spec && classOf(request, spec, context)
    if (!found) return
    const overhead = found['overhead']?.podFixed
    if (overhead) {
      const own = spec.overhead ?? {}
      if (Object.keys(own).length > 0 && !sameQuantities(own, overhead)) throw refuse(request, MISMATCH)
      spec.overhead = overhead
    }
    if (found['scheduling']) place(request, spec, found['scheduling'])
  },
  validate(request, context) {
    const spec = request.object?.['spec']
    if (!spec) return
    const overhead = classOf(request, spec, context)?.['overhead']?.podFixed
    if (overhead) {
      if (!sameQuantities(spec.overhead ?? {}, overhead)) throw refuse(request, MISMATCH)
    } else if (spec.overhead !== undefined) {
      throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    }
  },
}

function classOf(request: AdmissionRequest, spec: Spec, context: WriteContext): DynamicObject | undefined {
  const name = spec.runtimeClassName
  if (name === undefined) return undefined
  // Upstream's client refuses to ask for it.
  if (name === '') throw newUnknownError('resource name may not be empty')
  const found = context.reader.get('runtimeclasses.node.k8s.io', '', name)
  if (!found) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  return found
}

function sameQuantities(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const [own, other] = [a[name], b[name]]
    if (own === undefined || other === undefined) return false
    return compareQuantities(parseQuantity(String(own)), parseQuantity(String(other))) === 0
  })
}

function place(request: AdmissionRequest, spec: Spec, scheduling: Spec): void {
  const wanted: Record<string, string> = scheduling.nodeSelector ?? {}
  const own: Record<string, string> = spec.nodeSelector ?? {}
  for (const [key, value] of Object.entries(wanted)) {
    if (own[key] !== undefined && own[key] !== value) {
      throw refuse(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      )
    }
  }
  if (Object.keys(wanted).length > 0) spec.nodeSelector = { ...own, ...wanted }
  const tolerations: Toleration[] = spec.tolerations ?? []
  const added = ((scheduling.tolerations ?? []) as Toleration[]).filter(
    (toleration) => !tolerations.some((existing) => deepEqual(existing, toleration)),
  )
  if (added.length > 0) spec.tolerations = [...tolerations, ...added]
}
