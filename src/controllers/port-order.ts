/** The order of ports in Endpoints and EndpointSlices: by hashes of Go's structs. Mirrors pkg/api/v1/endpoints/util.go and endpointslice/util. */
import type { EndpointPort } from '../types/core-v1.ts'
import type { EndpointPort as SlicePort } from '../types/discovery-v1.ts'

/** FNV-1a of 128 bits. */
const OFFSET = 0x6c62272e07bb014262b821756295c58dn
const PRIME = 0x0000000001000000000000000000013bn
const MASK = (1n << 128n) - 1n

const REMEMBERED = 4096
const known = new Map<string, bigint>()

/** Ports of a Service are the same for all of its pods and their versions: what was hashed is remembered. */
function hashOf(text: string): bigint {
  let hash = known.get(text)
  if (hash === undefined) {
    hash = fnv128a(text)
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, hash)
  }
  return hash
}

function fnv128a(text: string): bigint {
  let hash = OFFSET
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  return hash
}

/** As Go prints a pointer to a string that may be missing. */
const optional = (text: string | undefined): string => `(*string)${text ?? '<nil>'}`

function inOrder<T>(ports: readonly T[], print: (port: T) => string): T[] {
  if (ports.length < 2) return [...ports]
  const hashed = ports.map((port) => ({ port, hash: hashOf(print(port)) }))
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
  return hashed.map(({ port }) => port)
}

/** A new list in the order that upstream writes Endpoints in. */
export function inEndpointsOrder(ports: readonly EndpointPort[]): EndpointPort[] {
  return inOrder(ports, ({ name = '', port, protocol = '', appProtocol }) => {
    const fields = `Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol}`
    return `(v1.EndpointPort){${fields} AppProtocol:${optional(appProtocol)}}`
  })
}

/** A new list in the order that upstream writes EndpointSlices in. */
export function inSliceOrder(ports: readonly SlicePort[]): SlicePort[] {
  return inOrder(ports, ({ name, port, protocol, appProtocol }) => {
    const fields = `Name:${optional(name)} Protocol:(*v1.Protocol)${protocol ?? '<nil>'} Port:(*int32)${port ?? '<nil>'}`
    return `(v1.EndpointPort){${fields} AppProtocol:${optional(appProtocol)}}`
  })
}
