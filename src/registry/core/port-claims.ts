/**
 * Node ports of writes under way, where several processes share the storage: a key a port, under a prefix that no resource has. Whoever makes it has the port
 * until the Service with it is stored, and sees by then what others have stored. Upstream has one object for all ports (portallocator/storage).
 */
import { type Clock, formatTime } from '../../apimachinery/clock.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { type Storage, StorageError } from '../../storage/interface.ts'

export interface PortClaims {
  /** False: another write has it. When this resolves, reads show all Services whose claims of this port have ended. */
  take(port: number): Promise<boolean>
  giveBack(port: number): Promise<void>
}

const PREFIX = '/registry/kubemu.dev/nodeports/'
/** What a process that ended left is nobody's after this: longer than a write may take. */
const LIFE_MS = 120_000

export function portClaims(storage: Storage, clock: Clock): PortClaims {
  async function remove(name: string, claim: DynamicObject): Promise<void> {
    const version = claim.metadata.resourceVersion ?? ''
    await unless(['NotFound', 'Conflict'], () => storage.delete(PREFIX, name, claim, version))
  }
  return {
    async take(port) {
      const name = String(port)
      const present = storage.get(PREFIX, name) as DynamicObject | undefined
      if (present && Date.parse(present['until']) < clock.now()) await remove(name, present)
      const until = formatTime(clock.now() + LIFE_MS)
      const claim = { apiVersion: 'kubemu.dev/v1alpha1', kind: 'PortClaim', metadata: { name }, until }
      return unless(['Exists'], () => storage.create(PREFIX, name, claim))
    },
    async giveBack(port) {
      const claim = storage.get(PREFIX, String(port)) as DynamicObject | undefined
      if (claim) await remove(String(port), claim)
    },
  }
}

/** Whether it was done; false where it fails with one of `codes`. */
async function unless(codes: readonly StorageError['code'][], write: () => unknown): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (error instanceof StorageError && codes.includes(error.code)) return false
    throw error
  }
}
