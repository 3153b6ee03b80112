/** ServiceAccounts and their tokens. Mirrors pkg/registry/core/serviceaccount/strategy.go. */
import type { ServiceAccount } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { ageCell } from './cells.ts'
import { requestToken } from './service-account-token.ts'

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets'

export const serviceaccounts = defineResource<ServiceAccount>('v1', 'serviceaccounts', {
  prepareForCreate: cleanSecretReferences,
  prepareForUpdate: cleanSecretReferences,
  warnings(account, old) {
    const given = (one: ServiceAccount | undefined) => one?.metadata.annotations?.[MOUNTABLE] !== undefined
    if (!given(account) || given(old)) return []
    const advice = 'prefer separate namespaces to isolate access to mounted secrets'
    return [`metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; ${advice}`]
  },
  row: (account, { now }) => [account.metadata.name ?? '', ageCell(account.metadata.creationTimestamp, now)],
  subresources: { token: { create: requestToken } },
})

/** Of the references only the names are kept. */
function cleanSecretReferences(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }))
}
