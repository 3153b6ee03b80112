/**
 * Keys of a cluster that several processes serve: a token that one has signed is good for the others, and all have one root CA. They are kept in
 * storage, under a prefix that no resource has: nobody reads them through the API. The first process makes them.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock } from './apimachinery/clock.ts'
import type { DynamicObject } from './apimachinery/meta.ts'
import type { Random } from './apimachinery/random.ts'
import { type Authority, newAuthority } from './certificate-authority.ts'
import { type Storage, StorageError } from './storage/interface.ts'

export interface SharedKeys {
  /** Signs tokens of service accounts. */
  tokens: KeyObject
  authority: Authority
}

/** What is under it belongs to the processes: a reset of the cluster leaves it alone. */
export const KEYS_PREFIX = '/registry/kubemu.dev/keys/'

export async function sharedKeys(storage: Storage, clock: Clock, random: Random): Promise<SharedKeys> {
  const signing = await storedKey(storage, 'service-accounts', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
  })
  const authority = await storedKey(storage, 'authority', () => {
    const { pem, privateKey } = newAuthority(clock.now(), random)
    return { certificate: pem, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
  })
  return {
    tokens: createPrivateKey(signing['privateKey'] as string),
    authority: {
      pem: authority['certificate'] as string,
      privateKey: createPrivateKey(authority['privateKey'] as string),
    },
  }
}

async function storedKey(
  storage: Storage,
  name: string,
  make: () => Record<string, string>,
): Promise<Record<string, string>> {
  let stored = storage.get(KEYS_PREFIX, name)
  if (!stored) {
    const key = { apiVersion: 'kubemu.dev/v1alpha1', kind: 'Key', metadata: { name }, data: make() }
    try {
      stored = await storage.create(KEYS_PREFIX, name, key)
    } catch (error) {
      // Another process was first.
      if (!(error instanceof StorageError) || error.code !== 'Exists') throw error
      stored = storage.get(KEYS_PREFIX, name)
    }
  }
  return (stored as DynamicObject)['data'] as Record<string, string>
}
