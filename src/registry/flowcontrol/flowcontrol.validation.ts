/** Rules of flow schemas and priority levels. Mirrors pkg/apis/flowcontrol/validation. */
import {
  child,
  duplicate,
  type FieldError,
  fieldErrorMessage,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { invalids } from '../validation.ts'

type Fields = DynamicObject['spec']

const SUBJECT_KINDS = ['Group', 'ServiceAccount', 'User']
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const MAX_PRECEDENCE = 10000
const MAX_QUEUES = 10_000_000
const MAX_HAND_ENTROPY_BITS = 60

export function validateFlowSchemaSpec(spec: Fields = {}): FieldError[] {
  const errors: FieldError[] = []
  const { matchingPrecedence = 0, distinguisherMethod: method } = spec
  if (matchingPrecedence <= 0)
    errors.push(invalid('spec.matchingPrecedence', matchingPrecedence, 'must be a positive value'))
  if (matchingPrecedence > MAX_PRECEDENCE) {
    errors.push(invalid('spec.matchingPrecedence', matchingPrecedence, `must not be greater than ${MAX_PRECEDENCE}`))
  }
  if (method && !['ByNamespace', 'ByUser'].includes(method.type)) {
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, ['ByNamespace', 'ByUser']))
  }
  const name: string = spec.priorityLevelConfiguration?.name ?? ''
  const path = 'spec.priorityLevelConfiguration.name'
  if (name) errors.push(...invalids(path, name, isDns1123Subdomain(name)))
  else errors.push(required(path, 'must reference a priority level'))
  return [...errors, ...each(spec.rules, 'spec.rules', validateRule)]
}

const each = (list: Fields[] | undefined, path: string, rule: (one: Fields, path: string) => FieldError[]) =>
  (list ?? []).flatMap((one, i) => rule(one ?? {}, index(path, i)))

function validateRule({ subjects, resourceRules, nonResourceRules }: Fields, path: string): FieldError[] {
  const errors = subjects?.length
    ? each(subjects, child(path, 'subjects'), validateSubject)
    : [required(child(path, 'subjects'), 'subjects must contain at least one value')]
  if (!resourceRules?.length && !nonResourceRules?.length) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  }
  return [
    ...errors,
    ...each(resourceRules, child(path, 'resourceRules'), validateResourceRule),
    ...each(nonResourceRules, child(path, 'nonResourceRules'), validateNonResourceRule),
  ]
}

/** The member that goes with each kind. */
const MEMBERS: Record<string, string> = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' }

function validateSubject(subject: Fields, path: string): FieldError[] {
  const kind: string = subject.kind ?? ''
  const own = MEMBERS[kind]
  if (!own) return [notSupported(child(path, 'kind'), kind, SUBJECT_KINDS)]
  const errors: FieldError[] = []
  if (!subject[own]) errors.push(required(child(path, own), `${own} is required when subject kind is '${kind}'`))
  else errors.push(...validateMember(own, subject[own], child(path, own)))
  for (const other of Object.values(MEMBERS)) {
    if (other === own || !subject[other]) continue
    const kinds = Object.keys(MEMBERS).find((one) => MEMBERS[one] === other)
    errors.push(forbidden(child(path, other), `${other} is forbidden when subject kind is not '${kinds}'`))
  }
  return errors
}

function validateMember(member: string, { name = '', namespace = '' }: Fields, path: string): FieldError[] {
  if (member !== 'serviceAccount') return name ? [] : [required(child(path, 'name'))]
  const errors: FieldError[] = []
  if (!name) errors.push(required(child(path, 'name')))
  else if (name !== '*') errors.push(...invalids(child(path, 'name'), name, isDns1123Subdomain(name)))
  if (!namespace) errors.push(required(child(path, 'namespace'), 'must specify namespace for service account'))
  else errors.push(...invalids(child(path, 'namespace'), namespace, isDns1123Label(namespace)))
  return errors
}

function validateVerbs(given: string[] | null | undefined, path: string): FieldError[] {
  const verbs = given ?? []
  if (verbs.length === 0) return [required(path, 'verbs must contain at least one value')]
  if (verbs.includes('*')) return verbs.length > 1 ? [alone(path, verbs)] : []
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(path, verbs, VERBS)]
}

const alone = (path: string, values: string[], what = 'verbs'): FieldError =>
  invalid(path, values, `if '*' is present, must not specify other ${what}`)

function validateResourceRule(rule: Fields, path: string): FieldError[] {
  const { verbs, clusterScope } = rule
  // Absent lists are null.
  const apiGroups: string[] = rule.apiGroups ?? []
  const resources: string[] = rule.resources ?? []
  const namespaces: string[] = rule.namespaces ?? []
  const errors = validateVerbs(verbs, child(path, 'verbs'))
  if (apiGroups.length === 0) {
    errors.push(required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'))
  } else if (apiGroups.length > 1 && apiGroups.includes('*')) {
    errors.push(alone(child(path, 'apiGroups'), apiGroups, 'api groups'))
  }
  if (resources.length === 0) {
    errors.push(required(child(path, 'resources'), 'resource rules must supply at least one resource'))
  } else if (resources.length > 1 && resources.includes('*')) {
    errors.push(alone(child(path, 'resources'), resources, 'resources'))
  }
  const at = child(path, 'namespaces')
  if (namespaces.length === 0 && !clusterScope) {
    errors.push(required(at, 'resource rules that are not cluster scoped must supply at least one namespace'))
  } else if (namespaces.length > 1 && namespaces.includes('*')) errors.push(alone(at, namespaces, 'namespaces'))
  else {
    namespaces.forEach((namespace: string, i: number) => {
      if (namespace === '*') return
      for (const message of isDns1123Label(namespace)) {
        const why = `each member of this list must be '*' or a DNS-1123 label; ${message}`
        errors.push(invalid(index(at, i), namespace, why))
      }
    })
  }
  return errors
}

function validateNonResourceRule({ verbs, nonResourceURLs: given }: Fields, path: string): FieldError[] {
  const nonResourceURLs: string[] = given ?? []
  const errors = validateVerbs(verbs, child(path, 'verbs'))
  const at = child(path, 'nonResourceURLs')
  if (nonResourceURLs.length === 0) {
    errors.push(required(at, 'nonResourceURLs must contain at least one value'))
  } else if (nonResourceURLs.length > 1 && nonResourceURLs.includes('*')) {
    errors.push(alone(at, nonResourceURLs, 'non-resource URLs'))
  } else {
    nonResourceURLs.forEach((url: string, i: number) => {
      errors.push(...validateUrlPath(url, index(at, i)))
    })
  }
  return errors
}

function validateUrlPath(url: string, path: string): FieldError[] {
  if (url === '*') return []
  if (url === '') return [invalid(path, url, 'must not be empty')]
  if (url === '/') return []
  if (!url.startsWith('/')) return [invalid(path, url, 'must start with slash')]
  if (url.includes(' ')) return [invalid(path, url, 'must not contain white-space')]
  if (url.includes('//')) return [invalid(path, url, 'must not contain double slash')]
  const star = url.indexOf('*')
  if (star < 0 || (star === url.length - 1 && url.endsWith('/*'))) return []
  const why = 'wildcard can only do suffix matching'
  return [invalid(path, url, why)]
}

/** Conditions of both kinds: a type each, once. */
export function validateFlowConditions(conditions: Fields[] = []): FieldError[] {
  const seen = new Set<string>()
  return each(conditions, 'status.conditions', ({ type = '' }, path) => {
    if (type === '') return [required(child(path, 'type'))]
    if (seen.has(type)) return [duplicate(child(path, 'type'), type)]
    seen.add(type)
    return []
  })
}

export function validatePriorityLevelSpec(spec: Fields = {}): FieldError[] {
  const { type = '', limited, exempt } = spec
  if (type === 'Exempt') {
    const errors = limited ? [forbidden('spec.limited', 'must be nil if the type is not Limited')] : []
    return exempt ? [...errors, ...validateLending(exempt, 'spec.exempt')] : errors
  }
  const errors = exempt ? [forbidden('spec.exempt', 'must be nil if the type is Limited')] : []
  if (type === 'Limited')
    return limited ? [...errors, ...validateLimited(limited)] : [...errors, required('spec.limited')]
  if (limited) errors.push({ type: 'Forbidden', field: 'spec.limited', detail: '' })
  errors.push(type === '' ? required('spec.type') : notSupported('spec.type', type, ['Exempt', 'Limited']))
  const message = (error: FieldError) => fieldErrorMessage(error)
  // Unlike elsewhere an unknown type is told first.
  return type === '' ? errors : errors.sort((a, b) => (message(a) < message(b) ? 1 : -1))
}

function validateLending(
  { nominalConcurrencyShares: shares = 0, lendablePercent = 0 }: Fields,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (shares < 0)
    errors.push(invalid(child(path, 'nominalConcurrencyShares'), shares, 'must be a non-negative integer'))
  if (lendablePercent < 0 || lendablePercent > 100) {
    errors.push(invalid(child(path, 'lendablePercent'), lendablePercent, 'must be between 0 and 100, inclusive'))
  }
  return errors
}

function validateLimited(limited: Fields): FieldError[] {
  const path = 'spec.limited'
  const { limitResponse = {}, borrowingLimitPercent: borrowing } = limited
  const response = validateLimitResponse(limitResponse, child(path, 'limitResponse'))
  const [shares, ...others] = splitShares(validateLending(limited, path))
  const errors = [...shares, ...response, ...others.flat()]
  if (borrowing !== undefined && borrowing < 0) {
    errors.push(
      invalid(child(path, 'borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer'),
    )
  }
  return errors
}

/** The shares are told before the response, the percentages after it. */
function splitShares(errors: FieldError[]): [FieldError[], FieldError[]] {
  const ofShares = (error: FieldError) => error.field.endsWith('Shares')
  return [errors.filter(ofShares), errors.filter((error) => !ofShares(error))]
}

function validateLimitResponse({ type = '', queuing }: Fields, path: string): FieldError[] {
  const at = child(path, 'queuing')
  if (type === 'Queue') return queuing ? validateQueuing(queuing, at) : [required(at)]
  const typeError =
    type === 'Reject'
      ? []
      : [type === '' ? required(child(path, 'type')) : notSupported(child(path, 'type'), type, ['Queue', 'Reject'])]
  const held: FieldError[] = queuing ? [{ type: 'Forbidden', field: at, detail: '' }] : []
  return type === '' ? [...held, ...typeError] : [...typeError, ...held]
}

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  const tell = (name: string, value: number, why: string) => errors.push(invalid(child(path, name), value, why))
  if (queueLengthLimit <= 0) tell('queueLengthLimit', queueLengthLimit, 'must be positive')
  if (queues <= 0) tell('queues', queues, 'must be positive')
  else if (queues > MAX_QUEUES) tell('queues', queues, `must not be greater than ${MAX_QUEUES}`)
  if (handSize <= 0) tell('handSize', handSize, 'must be positive')
  else if (handSize > queues) tell('handSize', handSize, `should not be greater than queues (${queues})`)
  else {
    const bits = entropyBits(queues, handSize)
    if (bits > MAX_HAND_ENTROPY_BITS) {
      tell(
        'handSize',
        handSize,
        `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HAND_ENTROPY_BITS}`,
      )
    }
  }
  return errors
}

/** Bits needed to deal a hand from a deck. */
function entropyBits(deck: number, hand: number): number {
  let bits = 0
  for (let i = 0; i < hand; i++) bits += Math.log2(deck - i)
  return Math.ceil(bits)
}
