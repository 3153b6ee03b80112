/** DenyServiceExternalIPs: Services get no new external addresses. Off by default. Mirrors plugin/pkg/admission/network/denyserviceexternalips. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

export const denyServiceExternalIps: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  offByDefault: true,
  concerns: requestsFor(['services'], ['CREATE', 'UPDATE']),
  validate(request) {
    const { object } = request
    if (!object) return
    const old = request.old as DynamicObject | undefined
    const before: string[] = old?.['spec'].externalIPs ?? []
    const wanted: string[] = object['spec'].externalIPs ?? []
    if (wanted.every((address) => before.includes(address))) return
    throw refuse(request, 'Use of external IPs is denied by admission control')
  },
}
