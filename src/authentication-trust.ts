/** Tells extension API servers by whose certificates clients are known. Mirrors kubernetes pkg/controlplane/controller/clusterauthenticationtrust. */
import { X509Certificate } from 'node:crypto'
import type { Clock } from './apimachinery/clock.ts'
import { isStatusError } from './apimachinery/errors.ts'
import type { Client } from './controllers/client.ts'
import { ChangeLoop, ChangeSign } from './registry/change-loop.ts'
import type { Storage } from './storage/interface.ts'
import type { ConfigMap } from './types/core-v1.ts'

const NAME = 'extension-apiserver-authentication'
const NAMESPACE = 'kube-system'
const PREFIX = '/registry/configmaps/'
/** Certificates stay so much longer than they are valid. */
const SLACK_MS = 5 * 60_000

interface Parts {
  storage: Storage
  clock: Clock
  /** As whom it writes. */
  client: Client
}

/** Keeps the ConfigMap, whatever becomes of it, with the authorities of this server's clients and of those beside it. */
export class AuthenticationTrust {
  readonly #parts: Parts
  readonly #loop: ChangeLoop
  readonly #sign: ChangeSign
  /** PEM. */
  #authority = ''

  constructor(parts: Parts) {
    this.#parts = parts
    this.#loop = new ChangeLoop(parts.clock, () => this.#reconcile())
    this.#sign = new ChangeSign(parts.storage, () => this.#loop.wake())
  }

  /** From now on; resolves when it is said. `authority`: PEM, may be several certificates. */
  async trust(authority: string): Promise<void> {
    this.#authority = authority
    if (!this.#sign.follows(PREFIX)) this.#sign.follow(PREFIX)
    this.#loop.wake()
    await this.#loop.idle()
  }

  /** Resolves when the ConfigMap says what it should. */
  idle(): Promise<void> {
    return this.#loop.idle()
  }

  get isIdle(): boolean {
    return this.#loop.isIdle
  }

  stop(): void {
    this.#loop.stop()
    this.#sign.close()
  }

  async #reconcile(): Promise<void> {
    this.#sign.read()
    const { storage, client, clock } = this.#parts
    const present = storage.get(PREFIX, `${NAMESPACE}/${NAME}`) as ConfigMap | undefined
    const wanted = combined([present?.data?.['client-ca-file'] ?? '', this.#authority], clock.now())
    if (wanted === undefined || (present && saysOnly(present, wanted))) return
    const metadata = { name: NAME, namespace: NAMESPACE }
    const data = { 'client-ca-file': wanted }
    try {
      if (present) await client.update<ConfigMap>('configmaps', { ...present, data })
      else await client.create<ConfigMap>('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
    } catch (error) {
      // Another write came in between, or admission is against it: the next change brings us back.
      if (!isStatusError(error)) throw error
    }
  }
}

function saysOnly({ data = {} }: ConfigMap, authorities: string): boolean {
  return Object.keys(data).length === 1 && data['client-ca-file'] === authorities
}

/** Each certificate once, without those that are no longer valid; undefined: one of the texts holds none, and is left for a person to repair. */
function combined(texts: readonly string[], now: number): string | undefined {
  const found = new Set<string>()
  for (const text of texts.filter((each) => each !== '')) {
    const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
    if (!certificates) return undefined
    for (const pem of certificates) {
      const certificate = read(pem)
      if (!certificate) return undefined
      if (Date.parse(certificate.validTo) > now - SLACK_MS) found.add(certificate.toString())
    }
  }
  return [...found].join('')
}

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
