/** Secrets of type service-account-token get a token of their account, and go with it. Mirrors pkg/controller/serviceaccount/tokens_controller.go. */
import { isConflict, isNotFound } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Secret, ServiceAccount } from '../types/core-v1.ts'
import { type ControllerContext, defineController } from './controller.ts'

const TYPE = 'kubernetes.io/service-account-token'
const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'
/** What such a token has in place of the cluster's issuer. */
const LEGACY_ISSUER = 'kubernetes/serviceaccount'

const isToken = (secret: KubeObject): secret is Secret => (secret as Secret).type === TYPE
const accountOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.annotations?.[ACCOUNT_NAME]}`

export const serviceaccountToken = defineController({
  name: 'serviceaccount-token',
  component: 'serviceaccount-token-controller',
  watches: [
    {
      resource: 'secrets',
      when: isToken,
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
    },
    {
      resource: 'serviceaccounts',
      changesOnly: true,
      keys: ({ metadata }, context) =>
        context
          .lister('secrets')
          .byIndex('account', `${metadata.namespace}/${metadata.name}`)
          .map((secret) => ({ namespace: secret.metadata.namespace ?? '', name: secret.metadata.name ?? '' })),
    },
  ],
  indexes: {
    secrets: { account: (secret) => (isToken(secret) ? [accountOf(secret)] : []) },
    serviceaccounts: {
      secret: (account) =>
        ((account as ServiceAccount).secrets ?? []).map(({ name }) => `${account.metadata.namespace}/${name}`),
    },
  },
  async reconcile({ namespace, name }, context) {
    const secret = context.lister<Secret>('secrets').get(namespace, name)
    if (!secret) {
      await forget(namespace, name, context)
      return
    }
    const { annotations = {}, uid } = secret.metadata
    const account = context.lister<ServiceAccount>('serviceaccounts').get(namespace, annotations[ACCOUNT_NAME] ?? '')
    const wanted = annotations[ACCOUNT_UID]
    if (account && (!wanted || wanted === account.metadata.uid)) await fill(secret, account, context)
    else await unlessLate(() => context.client.delete('secrets', namespace, name, { preconditions: { uid } }))
  },
})

/** Adds what is missing; what else is in the Secret stays. */
async function fill(secret: Secret, account: ServiceAccount, { client, settings }: ControllerContext): Promise<void> {
  const { namespace = '', name: secretName = '', annotations } = secret.metadata
  const data = { ...secret.data }
  const ca = base64(await settings.rootCa())
  if (data['ca.crt'] === ca && data['namespace'] && data['token']) return
  data['ca.crt'] = ca
  data['namespace'] ||= base64(namespace)
  const { name = '', uid = '' } = account.metadata
  data['token'] ||= base64(
    await settings.signToken({
      iss: LEGACY_ISSUER,
      sub: `system:serviceaccount:${namespace}:${name}`,
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': secretName,
      'kubernetes.io/serviceaccount/service-account.name': name,
      'kubernetes.io/serviceaccount/service-account.uid': uid,
    }),
  )
  const metadata = { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_NAME]: name, [ACCOUNT_UID]: uid } }
  await unlessLate(() => client.update<Secret>('secrets', { ...secret, metadata, data }))
}

/** A Secret is gone: accounts that name it do so no longer. */
async function forget(namespace: string, name: string, { client, lister }: ControllerContext): Promise<void> {
  for (const account of lister<ServiceAccount>('serviceaccounts').byIndex('secret', `${namespace}/${name}`)) {
    const secrets = (account.secrets ?? []).filter((reference) => reference.name !== name)
    await unlessLate(() => client.update<ServiceAccount>('serviceaccounts', { ...account, secrets }))
  }
}

/** Somebody else was faster: what he did calls again. */
async function unlessLate(write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
