/** csidrivers. Mirrors pkg/registry/storage/csidriver/strategy.go and pkg/apis/storage/validation. */
import { deepEqual } from '../../apimachinery/equality.ts'
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateImmutable } from '../validation.ts'

type Fields = DynamicObject['spec']

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const MODES = ['Persistent', 'Ephemeral']
const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

const TOKENS_IN_ATTRIBUTES =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'

export const csidrivers = defineResource('storage.k8s.io/v1', 'csidrivers', {
  // The generation starts empty.
  prepareForUpdate(driver, old) {
    if (!deepEqual(driver['spec'], old['spec'])) driver.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec ?? {}),
    // Upstream's path has this name.
    ...validateImmutable(spec?.attachRequired, old['spec']?.attachRequired, 'spec.attachedRequired'),
    ...validateImmutable(spec?.volumeLifecycleModes, old['spec']?.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
  ],
  warnings: ({ spec }, old) => {
    const requests = spec?.tokenRequests ?? []
    const asked = requests.length > 0 && !(old && deepEqual(requests, old['spec']?.tokenRequests ?? []))
    return asked && spec.serviceAccountTokenInSecrets === undefined ? [TOKENS_IN_ATTRIBUTES] : []
  },
  row: (driver, context) => {
    const spec = driver['spec'] ?? {}
    return [
      driver.metadata.name ?? '',
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      spec.tokenRequests?.map(({ audience }: Fields) => audience).join() ?? '<unset>',
      spec.requiresRepublish ?? false,
      spec.volumeLifecycleModes?.join() || '<none>',
      age(driver, context),
    ]
  },
})

function validateSpec(spec: Fields): FieldError[] {
  const errors: FieldError[] = []
  for (const [name, path] of [
    ['attachRequired', 'spec.attachedRequired'],
    ['podInfoOnMount', 'spec.podInfoOnMount'],
    ['storageCapacity', 'spec.storageCapacity'],
  ] as const) {
    if (spec[name] === undefined) errors.push(required(path))
  }
  const { fsGroupPolicy, nodeAllocatableUpdatePeriodSeconds: period, tokenRequests = [] } = spec
  if (fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(fsGroupPolicy)) {
    errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, GROUP_POLICIES))
  }
  errors.push(...validateTokenRequests(tokenRequests, 'spec.tokenRequests'))
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!MODES.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, MODES))
  }
  if (period < 10) {
    const why = 'must be greater than or equal to 10 seconds'
    errors.push(invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, why))
  }
  const inSecrets = spec.serviceAccountTokenInSecrets
  if (inSecrets !== undefined && tokenRequests.length === 0) {
    const why = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.push(invalid('spec.serviceAccountTokenInSecrets', inSecrets, why))
  }
  return errors
}

function validateTokenRequests(requests: Fields[], path: string): FieldError[] {
  const seen = new Set<string>()
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, i) => {
    const at = index(path, i)
    if (seen.has(audience)) return [duplicate(child(at, 'audience'), audience)]
    seen.add(audience)
    const wrong = (why: string): FieldError[] => [invalid(child(at, 'expirationSeconds'), seconds, why)]
    if (seconds < MIN_TOKEN_SECONDS) return wrong('may not specify a duration less than 10 minutes')
    return seconds > MAX_TOKEN_SECONDS ? wrong('may not specify a duration larger than 2^32 seconds') : []
  })
}
