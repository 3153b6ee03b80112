/** Which IP families a Service has: what it says, what it had, what the cluster offers. Mirrors pkg/registry/core/service/storage/alloc.go (initIPFamilyFields). */
import { newInvalid } from '../../apimachinery/errors.ts'
import { type FieldError, index, invalid } from '../../apimachinery/field-error.ts'
import { parseIp } from '../../apimachinery/ip.ts'
import type { Service, ServiceSpec } from '../../types/core-v1.ts'
import { validateClusterIps } from './services.validation.ts'

export type Family = 'IPv4' | 'IPv6'

const KIND = { group: '', resource: 'Service' }
const otherFamily = (family: Family): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4')
export const familyOf = (ip: string): Family => (parseIp(ip)?.writtenAs === 6 ? 'IPv6' : 'IPv4')

/** `offered`: families with a range, the cluster's first family first. Mutates the draft; throws 422. */
export function initFamilies(service: Service, old: Service | undefined, offered: readonly Family[]): void {
  const spec = service.spec!
  if (spec.type === 'ExternalName' || keepsPreferDualStack(spec, old?.spec)) return
  const selectorless = Object.keys(spec.selector ?? {}).length === 0
  const headless = spec.clusterIP === 'None'
  spec.ipFamilyPolicy ??= old?.spec?.ipFamilyPolicy ?? (headless && selectorless ? 'RequireDualStack' : 'SingleStack')
  throwIfAny(service, validateClusterIps(service, old))
  const errors = old ? shrink(spec, old.spec ?? {}) : []
  errors.push(...checkSingleStack(spec))
  adoptFamilies(spec, offered, errors)
  throwIfAny(service, errors)
  // A headless service without a selector may have families that the cluster does not offer: nothing is allocated.
  if (!(headless && selectorless)) throwIfAny(service, checkOffered(spec, offered))
  if (!spec.ipFamilies?.length) spec.ipFamilies = [offered[0]]
  const wantsTwo = spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1
  if (wantsTwo && (offered.length === 2 || (headless && selectorless))) {
    spec.ipFamilies = [...spec.ipFamilies, otherFamily(spec.ipFamilies[0] as Family)]
  }
}

function throwIfAny(service: Service, errors: FieldError[]): void {
  if (errors.length > 0) throw newInvalid(KIND, service.metadata.name ?? '', errors)
}

/** A PUT of what was read before, by a client that knows nothing of dual stack, changes nothing. */
function keepsPreferDualStack(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  if (!old || spec.ipFamilyPolicy !== 'PreferDualStack' || old.ipFamilyPolicy !== 'PreferDualStack') return false
  const same = (a: readonly string[] = [], b: readonly string[] = []) => a.join() === b.join()
  return spec.type === old.type && same(spec.clusterIPs, old.clusterIPs) && same(spec.ipFamilies, old.ipFamilies)
}

/** Going back to a single stack drops the second address and family; without that policy they may not be dropped. */
function shrink(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  const same = (a: readonly string[] = [], b: readonly string[] = []) => a.join() === b.join()
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (same(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1) {
      spec.clusterIPs = spec.clusterIPs!.slice(0, 1)
    }
    if (same(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1) {
      spec.ipFamilies = spec.ipFamilies!.slice(0, 1)
    }
    return []
  }
  const fewer = (a: readonly string[] = [], b: readonly string[] = []) => a.length > 0 && a.length < b.length
  const refuse = (what: string) =>
    invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`)
  const errors: FieldError[] = []
  if (fewer(spec.clusterIPs, old.clusterIPs)) errors.push(refuse('cluster IP'))
  if (fewer(spec.ipFamilies, old.ipFamilies)) errors.push(refuse('IP family'))
  return errors
}

function checkSingleStack(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return []
  const refuse = (what: string) => {
    const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
    return invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail)
  }
  const errors: FieldError[] = []
  if (spec.clusterIPs?.length === 2) errors.push(refuse('cluster IPs'))
  if (spec.ipFamilies?.length === 2) errors.push(refuse('IP families'))
  return errors
}

/** Families that the given addresses imply. */
function adoptFamilies(spec: ServiceSpec, offered: readonly Family[], errors: FieldError[]): void {
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break
    const family = familyOf(ip)
    if (i < (spec.ipFamilies?.length ?? 0)) continue
    if (offered.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else
      errors.push(invalid(index('spec.clusterIPs', i), spec.clusterIPs, `${family} is not configured on this cluster`))
  }
}

function checkOffered(spec: ServiceSpec, offered: readonly Family[]): FieldError[] {
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === 'RequireDualStack' && offered.length < 2) {
    const detail = 'this cluster is not configured for dual-stack services'
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail))
  }
  spec.ipFamilies?.forEach((family, i) => {
    if (offered.includes(family as Family)) return
    errors.push(invalid(index('spec.ipFamilies', i), family, 'not configured on this cluster'))
  })
  return errors
}
