/** What a LimitRange's item allows. Mirrors minConstraint, maxConstraint and limitRequestRatioConstraint of plugin/pkg/admission/limitranger. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { parseResources, type Resources } from '../../apimachinery/pod-resources.ts'
import {
  compareQuantities,
  formatQuantity,
  isZeroQuantity,
  type Quantity,
  quantityMilliValue,
} from '../../apimachinery/quantity.ts'

type Constraint = (name: string, enforced: Quantity) => string | undefined

/** Every limit that is broken, in words. Without `limits` only requests count (claims). */
export function limitProblems(limit: DynamicObject['spec'], requests: Resources, limits?: Resources): string[] {
  const type: string = limit.type
  const max = limits ? maxOfBoth(type, requests, limits) : maxOfRequest(type, requests)
  return [
    ...check(limit.min, minimum(type, requests, limits ?? {})),
    ...check(limit.max, max),
    ...(limits ? check(limit.maxLimitRequestRatio, ratio(type, requests, limits)) : []),
  ]
}

/** By name: upstream's order is that of a map. */
function check(list: Record<string, string> | undefined, constraint: Constraint): string[] {
  const entries = Object.entries(parseResources(list)).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([name, enforced]) => constraint(name, enforced)).filter((problem) => problem !== undefined)
}

const below = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && compareQuantities(a, b) < 0
const above = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && compareQuantities(a, b) > 0

function minimum(type: string, requests: Resources, limits: Resources): Constraint {
  return (name, enforced) => {
    const lead = `minimum ${name} usage per ${type} is ${formatQuantity(enforced)}`
    const [request, limit] = [requests[name], limits[name]]
    if (!request) return `${lead}.  No request is specified`
    if (below(request, enforced)) return `${lead}, but request is ${formatQuantity(request)}`
    return limit && below(limit, enforced) ? `${lead}, but limit is ${formatQuantity(limit)}` : undefined
  }
}

function maxOfRequest(type: string, requests: Resources): Constraint {
  return (name, enforced) => {
    const lead = `maximum ${name} usage per ${type} is ${formatQuantity(enforced)}`
    const request = requests[name]
    if (!request) return `${lead}.  No request is specified`
    return above(request, enforced) ? `${lead}, but request is ${formatQuantity(request)}` : undefined
  }
}

function maxOfBoth(type: string, requests: Resources, limits: Resources): Constraint {
  return (name, enforced) => {
    const lead = `maximum ${name} usage per ${type} is ${formatQuantity(enforced)}`
    const [request, limit] = [requests[name], limits[name]]
    if (!limit) return `${lead}.  No limit is specified`
    if (above(limit, enforced)) return `${lead}, but limit is ${formatQuantity(limit)}`
    return request && above(request, enforced) ? `${lead}, but request is ${formatQuantity(request)}` : undefined
  }
}

function ratio(type: string, requests: Resources, limits: Resources): Constraint {
  return (name, enforced) => {
    const lead = `${name} max limit to request ratio per ${type} is ${formatQuantity(enforced)}`
    const [request, limit] = [requests[name], limits[name]]
    if (!request || isZeroQuantity(request)) return `${lead}, but no request is specified or request is 0`
    if (!limit || isZeroQuantity(limit)) return `${lead}, but no limit is specified or limit is 0`
    const observed = quantityMilliValue(limit) / quantityMilliValue(request)
    return observed * 1000 > quantityMilliValue(enforced)
      ? `${lead}, but provided ratio is ${observed.toFixed(6)}`
      : undefined
  }
}
