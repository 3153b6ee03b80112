/** Only a Random makes uids, name suffixes and jitter: with a seed two runs are the same. */
import { randomFillSync } from 'node:crypto'

export interface Random {
  /** In [0, 1). */
  next(): number
  /** RFC 4122 version 4. */
  uuid(): string
  /** `length` characters of upstream's safe alphabet: no vowels, no 0, 1, 3. */
  suffix(length: number): string
  /** What is drawn from it changes nothing that others draw. With a seed: the same for the same name, whenever it is asked for. */
  branch(name: string): Random
}

/** No vowels, no 0, 1, 3: no accidental words. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** Unpredictable, from the machine. */
export function systemRandom(): Random {
  const random: Random = {
    next: Math.random,
    uuid: flatUuid,
    suffix: (length) => suffixFrom(Math.random, length),
    branch: () => random,
  }
  return random
}

const BYTES = 16
const HEX = Buffer.from('0123456789abcdef')
const DASH = 0x2d
const bytes = Buffer.alloc(128 * BYTES)
const text = Buffer.alloc(36, DASH)
let used = bytes.length

/** A string of one piece: Node's randomUUID answers twenty that stay in memory as such, more than 600 bytes for each object. */
function flatUuid(): string {
  if (used === bytes.length) {
    randomFillSync(bytes)
    used = 0
  }
  // Version 4, variant 1.
  bytes[used + 6] = 0x40 | (bytes[used + 6]! & 0x0f)
  bytes[used + 8] = 0x80 | (bytes[used + 8]! & 0x3f)
  for (let at = 0; at < text.length; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) at++
    const byte = bytes[used++]!
    text[at] = HEX[byte >> 4]!
    text[at + 1] = HEX[byte & 15]!
  }
  return text.toString('latin1')
}

/** The same seed gives the same sequence, on every machine. */
export function seededRandom(seed: number | string): Random {
  const next = sfc32(String(seed))
  return {
    next,
    uuid() {
      const hex = Array.from({ length: 32 }, () => Math.floor(next() * 16))
      hex[12] = 4
      hex[16] = 8 + (hex[16] & 3)
      const text = hex.map((digit) => digit.toString(16)).join('')
      return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')
    },
    suffix: (length) => suffixFrom(next, length),
    branch: (name) => seededRandom(`${seed}/${name}`),
  }
}

/** Spells `text` (the digits of a hash) in the safe alphabet: how a pod template's hash becomes a label. Mirrors rand.SafeEncodeString. */
export function safeEncode(text: string): string {
  let out = ''
  for (const char of text) out += SAFE_ALPHABET[char.codePointAt(0)! % SAFE_ALPHABET.length]
  return out
}

/** `base` cut to 58 characters and a suffix of five. Mirrors apiserver/pkg/storage/names. */
export function generateName(random: Random, base: string): string {
  return base.slice(0, 58) + random.suffix(5)
}

function suffixFrom(next: () => number, length: number): string {
  let out = ''
  for (let i = 0; i < length; i++) out += SAFE_ALPHABET[Math.floor(next() * SAFE_ALPHABET.length)]
  return out
}

/** Chris Doty-Humphrey's small fast counter generator, its 128 bits of state filled from the seed by FNV-1a. */
function sfc32(seed: string): () => number {
  const hash = (salt: number): number => {
    let h = 0x811c9dc5 ^ salt
    for (let i = 0; i < seed.length; i++) h = Math.imul(h ^ seed.charCodeAt(i), 0x01000193)
    return h | 0
  }
  let [a, b, c, counter] = [hash(0), hash(1), hash(2), 1]
  const next = (): number => {
    const sum = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) next()
  return next
}
