/** LimitRanges. Mirrors pkg/registry/core/limitrange/strategy.go and ValidateLimitRange. */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  key,
  required,
} from '../../apimachinery/field-error.ts'
import { isQualifiedName } from '../../apimachinery/names.ts'
import { compareQuantities, parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { LimitRange, LimitRangeItem } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { invalids } from '../validation.ts'
import {
  isHugePages,
  type ResourceList,
  validateContainerResourceName,
  validateResourceName,
} from './compute-resources.validation.ts'

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

export const limitranges = defineResource<LimitRange>('v1', 'limitranges', {
  prepareForCreate(range, { random }) {
    range.metadata.name ||= random.uuid()
  },
  validate(range) {
    const types = new Set<string>()
    return (range.spec?.limits ?? []).flatMap((limit, i) => {
      const at = index('spec.limits', i)
      const errors = validateType(limit.type ?? '', child(at, 'type'))
      if (types.has(limit.type)) errors.push(duplicate(child(at, 'type'), limit.type))
      types.add(limit.type)
      return [...errors, ...validateNames(limit, at), ...validateAmounts(limit, at)]
    })
  },
})

function validateType(type: string, path: string): FieldError[] {
  const errors = invalids(path, type, isQualifiedName(type))
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors
  return [invalid(path, type, 'must be a standard limit type or fully qualified')]
}

function validateNames(limit: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = []
  const isPod = limit.type === 'Pod'
  const validateName = isPod || limit.type === 'Container' ? validateContainerResourceName : validateResourceName
  for (const list of LISTS) {
    const names = Object.keys(limit[list] ?? {})
    if (list === 'maxLimitRequestRatio') errors.push(...validateClaimSize(limit, path))
    if (isPod && (list === 'default' || list === 'defaultRequest')) {
      if (names.length > 0) errors.push(forbidden(child(path, list), "may not be specified when `type` is 'Pod'"))
      continue
    }
    for (const name of names) errors.push(...validateName(name, key(child(path, list), name)))
  }
  return errors
}

function validateClaimSize({ type, min, max }: LimitRangeItem, path: string): FieldError[] {
  if (type !== 'PersistentVolumeClaim' || min?.storage !== undefined || max?.storage !== undefined) return []
  return [
    required(child(path, 'limits'), 'either minimum or maximum storage value is required, but neither was provided'),
  ]
}

function validateAmounts(limit: LimitRangeItem, path: string): FieldError[] {
  const names = new Set(LISTS.flatMap((list) => Object.keys(limit[list] ?? {})))
  return [...names].flatMap((name) => validateOrder(limit, name, path))
}

/** min <= defaultRequest <= default <= max, as far as they are there. */
function validateOrder(limit: LimitRangeItem, name: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  const pick = (list: (typeof LISTS)[number]) => {
    const usable = limit.type !== 'Pod' || (list !== 'default' && list !== 'defaultRequest')
    const value = usable ? (limit[list] as ResourceList | undefined)?.[name] : undefined
    return value === undefined ? undefined : String(value)
  }
  const [max, min, usual, request, ratio] = LISTS.map(pick)
  const above = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && compareQuantities(parseQuantity(a), parseQuantity(b)) > 0
  const add = (list: string, bad: string | undefined, detail: string) =>
    errors.push(invalid(key(child(path, list), name), bad, detail))
  if (above(min, max)) add('min', min, `min value ${min} is greater than max value ${max}`)
  if (above(min, request))
    add('defaultRequest', request, `min value ${min} is greater than default request value ${request}`)
  if (above(request, max))
    add('defaultRequest', request, `default request value ${request} is greater than max value ${max}`)
  if (above(request, usual)) {
    add('defaultRequest', request, `default request value ${request} is greater than default limit value ${usual}`)
  }
  if (above(min, usual)) add('default', min, `min value ${min} is greater than default value ${usual}`)
  if (above(usual, max)) add('default', max, `default value ${usual} is greater than max value ${max}`)
  if (ratio !== undefined && above('1', ratio)) add('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`)
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const limitRatio = quantityMilliValue(parseQuantity(max)) / quantityMilliValue(parseQuantity(min))
    if (quantityMilliValue(parseQuantity(ratio)) / 1000 > limitRatio) {
      add('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${limitRatio.toFixed(6)}`)
    }
  }
  const fixed = isHugePages(name) || (name.includes('/') && !name.includes('kubernetes.io/'))
  if (fixed && usual !== undefined && request !== undefined && usual !== request) {
    add('defaultRequest', request, `default value ${usual} must equal to defaultRequest value ${request} in ${name}`)
  }
  return errors
}
