/** Requests and limits. Mirrors pkg/apis/core/validation/validation.go (ValidateContainerResourceRequirements) and pkg/apis/core/helper. */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  key,
  notFound,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import { isQualifiedName } from '../../apimachinery/names.ts'
import { compareQuantities, isWhole, parseQuantity, quantitySign, scaledValue } from '../../apimachinery/quantity.ts'
import type { ResourceClaim, ResourceRequirements } from '../../types/core-v1.ts'
import { invalids, NEGATIVE, validateDns1123Label } from '../validation.ts'

export type ResourceList = Record<string, string | number>

const HUGE_PAGES = 'hugepages-'
const CONTAINER_RESOURCES = ['cpu', 'ephemeral-storage', 'memory']
const POD_LEVEL_RESOURCES = ['cpu', 'hugepages-', 'memory']
const NOT_INTEGER = 'must be an integer'

const OBJECT_COUNTS = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
/** Names without a slash that quotas know. */
export const QUOTA_RESOURCES = new Set([
  ...['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage'],
  ...['requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
  ...OBJECT_COUNTS,
])
const STANDARD_RESOURCES = new Set([...QUOTA_RESOURCES, 'storage'])
const INTEGER_RESOURCES = new Set(OBJECT_COUNTS)

export const isHugePages = (name: string): boolean => name.startsWith(HUGE_PAGES)
const isStandard = (name: string): boolean =>
  STANDARD_RESOURCES.has(name) || isHugePages(name) || name.startsWith(`requests.${HUGE_PAGES}`)
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')
const mayOvercommit = (name: string): boolean => isNative(name) && !isHugePages(name)

/** `vendor.com/device`: not native, and not already a quota name. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0
}

/** A resource name of any use: qualified, and standard when it has no domain. */
export function validateResourceName(name: string, path: string): FieldError[] {
  const errors = invalids(path, name, isQualifiedName(name))
  if (errors.length === 0 && !name.includes('/') && !isStandard(name)) {
    return [invalid(path, name, 'must be a standard resource type or fully qualified')]
  }
  return errors
}

export function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/')) {
    if (!CONTAINER_RESOURCES.includes(name) && !isHugePages(name)) {
      errors.push(invalid(path, name, 'must be a standard resource for containers'))
    }
  } else if (!isNative(name) && !isExtendedResource(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"))
  }
  return errors
}

function validatePodResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (errors.length > 0 || name === 'cpu' || name === 'memory' || isHugePages(name)) return errors
  return [notSupported(path, name, POD_LEVEL_RESOURCES)]
}

/** Not negative, and whole where only whole things can be counted. */
export function validateResourceQuantity(name: string, value: string | number, path: string): FieldError[] {
  const amount = parseQuantity(String(value))
  const errors = quantitySign(amount) < 0 ? [invalid(path, String(value), NEGATIVE)] : []
  if ((INTEGER_RESOURCES.has(name) || isExtendedResource(name)) && !isWhole(amount)) {
    errors.push(invalid(path, String(value), NOT_INTEGER))
  }
  return errors
}

/** `claims`: names in spec.resourceClaims. `podLevel`: spec.resources rather than a container's. */
export function validateResourceRequirements(
  resources: ResourceRequirements | undefined,
  path: string,
  claims: readonly string[] = [],
  podLevel = false,
): FieldError[] {
  if (!resources) return []
  const errors: FieldError[] = []
  const limits = (resources.limits ?? {}) as ResourceList
  const requests = (resources.requests ?? {}) as ResourceList
  const limitsPath = child(path, 'limits')
  const requestsPath = child(path, 'requests')
  const validateName = podLevel ? validatePodResourceName : validateContainerResourceName
  for (const name in limits) {
    const [value, at] = [limits[name], key(limitsPath, name)]
    errors.push(...validateName(name, at), ...validateResourceQuantity(name, value, at))
    errors.push(...validateHugePages(name, value, at))
  }
  for (const name in requests) {
    const [value, at] = [requests[name], key(requestsPath, name)]
    errors.push(...validateName(name, at), ...validateResourceQuantity(name, value, at))
    errors.push(...validateAgainstLimit(name, value, limits[name], requestsPath, limitsPath))
    errors.push(...validateHugePages(name, value, at))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'))
  }
  return [...errors, ...validateClaims(resources.claims, claims, child(path, 'claims'))]
}

function validateHugePages(name: string, value: string | number, path: string): FieldError[] {
  if (!isHugePages(name)) return []
  const size = pageSize(name)
  if (size > 0n && scaledValue(parseQuantity(String(value)), 0) % size === 0n) return []
  return [invalid(path, String(value), `${value} is not positive integer multiple of ${name}`)]
}

/** Bytes of `hugepages-2Mi`; 0 when the name has no size in it. */
function pageSize(name: string): bigint {
  try {
    return scaledValue(parseQuantity(name.slice(HUGE_PAGES.length)), 0)
  } catch {
    return 0n
  }
}

function validateAgainstLimit(
  name: string,
  request: string | number,
  limit: string | number | undefined,
  requestsPath: string,
  limitsPath: string,
): FieldError[] {
  if (limit === undefined) {
    return mayOvercommit(name) ? [] : [required(limitsPath, 'Limit must be set for non overcommitable resources')]
  }
  const order = compareQuantities(parseQuantity(String(request)), parseQuantity(String(limit)))
  if (order !== 0 && !mayOvercommit(name)) {
    return [invalid(requestsPath, String(request), `must be equal to ${name} limit of ${limit}`)]
  }
  return order > 0
    ? [invalid(requestsPath, String(request), `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

function validateClaims(
  claims: readonly ResourceClaim[] | undefined,
  known: readonly string[],
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  claims?.forEach((claim, i) => {
    const at = index(path, i)
    if (!claim.name) {
      errors.push(required(at))
      return
    }
    const name = claim.request ? `${claim.name}/${claim.request}` : claim.name
    if (seen.has(claim.name)) errors.push(duplicate(at, claim.name))
    else {
      if (claim.request) errors.push(...validateDns1123Label(claim.request, child(at, 'request')))
      const taken = seen.has(name) || (!claim.request && [...seen].some((one) => one.startsWith(`${claim.name}/`)))
      if (taken) errors.push(duplicate(at, name))
      seen.add(name)
    }
    if (!known.includes(claim.name)) {
      const list = known.length ? `: ${[...known].sort().join(', ')}` : ' which is empty'
      errors.push({ ...notFound(at, claim.name), detail: `must be one of the names in pod.spec.resourceClaims${list}` })
    }
  })
  return errors
}
