/** The hash that names a ReplicaSet and labels its pods. Mirrors ComputeHash of kubernetes pkg/controller/controller_utils.go. */
import { safeEncode } from '../apimachinery/random.ts'

const OFFSET = 0x811c9dc5
const PRIME = 0x01000193

// DEVIATION(pod-template-hash): upstream hashes a dump of Go's structs; here it is the canonical JSON. Stable, but another value.
/** FNV-1a of the template in canonical JSON, spelled in the safe alphabet; another for each collisionCount. */
export function templateHash(template: object, collisionCount?: number): string {
  let hash = OFFSET
  const write = (byte: number): void => {
    hash = Math.imul(hash ^ byte, PRIME)
  }
  for (const byte of Buffer.from(canonical(template))) write(byte)
  if (collisionCount !== undefined) {
    for (let shift = 0; shift < 32; shift += 8) write((collisionCount >>> shift) & 0xff)
    for (let i = 0; i < 4; i++) write(0)
  }
  return safeEncode(String(hash >>> 0))
}

/** JSON with sorted members. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}
