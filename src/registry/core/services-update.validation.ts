/** Services changed. Mirrors pkg/apis/core/validation/validation.go (ValidateServiceUpdate). */
import { type FieldError, forbidden, index, invalid } from '../../apimachinery/field-error.ts'
import type { Service, ServiceSpec } from '../../types/core-v1.ts'
import { needsHealthPort } from './service-ports.ts'
import { isHeadless, validateClass, validateService } from './services.validation.ts'

const FIXED = 'may not change once set'

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const [spec, before] = [service.spec ?? {}, old.spec ?? {}]
  const errors: FieldError[] = []
  if (spec.type !== 'ExternalName' && before.type !== 'ExternalName') {
    const [now, was] = [isHeadless(spec), isHeadless(before)]
    if (!(now && was)) errors.push(...validateAddressChange(spec, before))
    if (!now && !was) errors.push(...validateFamilyChange(spec, before))
  }
  if (
    spec.type === 'LoadBalancer' &&
    before.type === 'LoadBalancer' &&
    spec.loadBalancerClass !== before.loadBalancerClass
  ) {
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, FIXED))
  }
  errors.push(...validateClass(spec))
  const healthy = needsHealthPort(spec) && needsHealthPort(before)
  if (healthy && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'))
  }
  return [...errors, ...validateService(service, old)]
}

/** Addresses may be added to and dropped from the end; none may change. */
function validateAddressChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  const [ips, old] = [spec.clusterIPs ?? [], before.clusterIPs ?? []]
  const fixed = (i: number) => invalid(index('spec.clusterIPs', i), ips, FIXED)
  if (ips.length === old.length) return old.flatMap((ip, i) => (ip === ips[i] ? [] : [fixed(i)]))
  const errors: FieldError[] = []
  if (old.length > 0 && ips.length > 0 && ips[0] !== old[0]) errors.push(fixed(0))
  if (ips.length > old.length) return errors
  if (ips.length === 0) errors.push(invalid('spec.clusterIPs[0]', ips, 'primary clusterIP can not be unset'))
  return ips.length === 1 ? [...errors, ...requireSingleStack(spec, 'clusterIP')] : errors
}

function validateFamilyChange(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  const [families, old] = [spec.ipFamilies ?? [], before.ipFamilies ?? []]
  const path = 'spec.ipFamilies[0]'
  if (families.length === old.length) {
    return old.flatMap((family, i) => (family === families[i] ? [] : [invalid(path, families, FIXED)]))
  }
  const errors: FieldError[] = []
  if (old.length > 0 && families.length > 0 && families[0] !== old[0]) {
    errors.push(invalid(path, spec.clusterIPs ?? null, FIXED))
  }
  if (families.length > old.length) return errors
  if (!spec.clusterIPs?.length) errors.push(invalid(path, families, 'primary ipFamily can not be unset'))
  return families.length === 1 ? [...errors, ...requireSingleStack(spec, 'ipFamily')] : errors
}

function requireSingleStack({ ipFamilyPolicy }: ServiceSpec, what: string): FieldError[] {
  if (ipFamilyPolicy === 'SingleStack') return []
  const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`
  return [invalid('spec.ipFamilyPolicy', ipFamilyPolicy ?? null, detail)]
}
