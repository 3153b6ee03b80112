/** Sequences of writes as the golden files of server-side apply keep them: how bodies are filled in, what is masked in answers. */
import { applyMergePatch } from '../../src/apimachinery/patch/merge.ts'

export interface Step {
  method: string
  path: string
  contentType?: string
  userAgent?: string
  body?: unknown
  /** The body as text, where it is no JSON. */
  raw?: string
  /** The answer of an earlier step, changed by `mergeBody`. */
  bodyFrom?: number
  mergeBody?: unknown
  /** A new second has begun. */
  later?: boolean
  status: number
  answer: unknown
  warnings?: string[]
}

export interface Sequence {
  /** Also the name of its namespace. */
  name: string
  /** CustomResourceDefinitions that are there before. */
  definitions?: { metadata: { name: string } }[]
  steps: Step[]
}

export const FOLDER = new URL('../golden/apply/', import.meta.url)
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** The text that a step sends. */
export function bodyOf({ raw, body, bodyFrom, mergeBody }: Step, answers: unknown[]): string | undefined {
  if (raw !== undefined) return raw
  if (bodyFrom !== undefined)
    return JSON.stringify(applyMergePatch(answers[bodyFrom] as never, (mergeBody ?? {}) as never))
  return body === undefined ? undefined : JSON.stringify(body, (_, value) => filledIn(value, answers))
}

function filledIn(value: unknown, answers: unknown[]): unknown {
  const [, what, step] = (typeof value === 'string' && /^\$(rv|uid):(\d+)$/.exec(value)) || []
  if (what === undefined) return value
  const { metadata } = answers[Number(step)] as { metadata: { uid: string; resourceVersion: string } }
  return what === 'rv' ? metadata.resourceVersion : metadata.uid
}

/** Names for what is different in every run: revisions and uids by first appearance, times by their distance from the start. */
export class Mask {
  readonly #start: number
  readonly #versions = new Map<string, string>()
  readonly #uids = new Map<string, string>()

  constructor(start: number) {
    this.#start = start
  }

  value(value: unknown, name = ''): unknown {
    if (Array.isArray(value)) return value.map((item) => this.value(item))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.value(child, key)]))
    }
    return typeof value === 'string' ? this.#text(value, name) : value
  }

  #text(text: string, name: string): string {
    if (name === 'resourceVersion' && /^\d+$/.test(text)) return this.#named(this.#versions, text, 'rv')
    if (name === 'uid' && !/^\d1111111-1111/.test(text)) return this.#named(this.#uids, text, 'uid')
    const seconds = TIME.test(text) ? (Date.parse(text) - this.#start) / 1000 : Number.NaN
    if (seconds > -5 && seconds < 3600) return `T+${seconds}`
    let masked = text
    for (const [uid, known] of this.#uids) masked = masked.replaceAll(uid, known)
    return masked
  }

  #named(names: Map<string, string>, text: string, prefix: string): string {
    if (!names.has(text)) names.set(text, `${prefix}-${names.size}`)
    return names.get(text) as string
  }
}
