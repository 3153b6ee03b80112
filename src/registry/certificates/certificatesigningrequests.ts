/** certificatesigningrequests. Mirrors pkg/registry/certificates/certificates/strategy.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { humanDuration } from '../../apimachinery/duration.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource, type WriteContext } from '../definition.ts'
import { validateRequest, validateStatus } from './certificatesigningrequests.validation.ts'

interface Condition {
  type: string
  status: string
  lastUpdateTime?: string | null
  lastTransitionTime?: string | null
}

export const certificatesigningrequests = defineResource('certificates.k8s.io/v1', 'certificatesigningrequests', {
  // Any path segment will do: upstream checks no more.
  validateName: () => [],
  prepareForCreate(csr, { user }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = csr['spec']
    csr['spec'] = {
      ...spec,
      username: user.username,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: [...user.groups],
      ...(user.extra ? { extra: user.extra } : {}),
    }
    csr['status'] = {}
  },
  validate: (csr) => validateRequest(csr),
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  row: (csr, context) => [
    csr.metadata.name ?? '',
    age(csr, context),
    csr['spec'].signerName || '<none>',
    csr['spec'].username ?? '',
    csr['spec'].expirationSeconds === undefined ? '<none>' : humanDuration(csr['spec'].expirationSeconds * 1000),
    stateCell(csr),
  ],
  subresources: {
    status: {
      // Conditions of other types than the decisions may change, though apply takes them all for reset.
      resets: ['.spec'],
      prepareForUpdate(csr, old, context) {
        keepDecisions(csr, old)
        setTimes(csr, old, context)
      },
      validateUpdate: (csr, old) => validateStatus(csr, old, { certificate: true }),
    },
    approval: {
      prepareForUpdate: setTimes,
      validateUpdate: (csr, old) => validateStatus(csr, old, { approval: true }),
    },
  },
})

const conditionsOf = (csr: DynamicObject): Condition[] => csr['status']?.conditions ?? []

/** Approved and Denied belong to the approval door: through the status door the stored ones stay as they are. */
function keepDecisions(csr: DynamicObject, old: DynamicObject): void {
  for (const type of ['Approved', 'Denied']) {
    const stored = conditionsOf(old).filter((condition) => condition.type === type)
    const given = conditionsOf(csr).filter((condition) => condition.type === type)
    if (stored.length !== given.length || stored.length === 0) continue
    let next = 0
    const conditions = conditionsOf(csr).map((condition) => (condition.type === type ? stored[next++] : condition))
    csr['status'] = { ...csr['status'], conditions }
  }
}

function setTimes(csr: DynamicObject, old: DynamicObject, context: WriteContext): void {
  if (conditionsOf(csr).length === 0) return
  const now = formatTime(context.clock.now())
  const conditions = conditionsOf(csr).map((condition) => {
    const same = conditionsOf(old).find(({ type, status }) => type === condition.type && status === condition.status)
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || same?.lastTransitionTime || now,
    }
  })
  csr['status'] = { ...csr['status'], conditions }
}

function stateCell(csr: DynamicObject): string {
  const has = (type: string): boolean => conditionsOf(csr).some((condition) => condition.type === type)
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  return decision + (has('Failed') ? ',Failed' : '') + (csr['status']?.certificate ? ',Issued' : '')
}
