/** Calls of this server to others, as the registry sees them: whom, and what comes back. Mirrors the contract of apiserver/pkg/util/webhook/client.go. */

/** A Service as configurations refer to it. */
export interface ServiceReference {
  namespace: string
  name: string
  /** Default 443. */
  port?: number
  path?: string
}

/** Whom to call: `clientConfig` of webhooks and the spec of APIServices have these fields. */
export interface OutboundTarget {
  /** `https://host[:port]/path`, instead of `service`. */
  url?: string
  service?: ServiceReference
  /** Base64 of PEM; absent: the certificate authorities that come with Node. */
  caBundle?: string
  insecureSkipTLSVerify?: boolean
}

export interface OutboundAnswer {
  status: number
  contentType: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
}

export interface OutboundCall {
  method: 'GET' | 'POST'
  /** Instead of the target's own path. Starts with a slash. */
  path?: string
  /** Without the question mark. */
  query?: string
  headers?: Record<string, string>
  body?: Buffer
  timeoutMs: number
  /** As Go's client does unless it is told otherwise: up to ten, within the same time. Absent: a redirect is an answer like others. */
  followRedirects?: boolean
}

/** No answer came: the message is what Go's HTTP client says then, `Post "https://...": dial tcp ...`. */
export class OutboundError extends Error {
  /** Why, without the method and URL. */
  readonly why: string
  constructor(message: string, why: string) {
    super(message)
    this.name = 'OutboundError'
    this.why = why
  }
}

export interface Outbound {
  /** Rejects with an OutboundError. */
  call(target: OutboundTarget, call: OutboundCall): Promise<OutboundAnswer>
  /** `host:port` that a call would dial. Throws when the Service leads nowhere. */
  locate(target: OutboundTarget): string
  /** The cluster's owner said where this Service is, whatever it looks like. */
  isElsewhere(service: { namespace: string; name: string; port: number }): boolean
}

/** Where a Service's port is reached: `host:port`. Throws (an Error or StatusError) when it cannot be. */
export type ResolveService = (service: { namespace: string; name: string; port: number }) => {
  host: string
  port: number
  /** The cluster's owner said so: what the Service and its endpoints look like does not matter. */
  said?: boolean
}

/** `name.namespace.svc`: what the certificate of a Service has to be for. */
export function serviceHost({ namespace, name }: ServiceReference): string {
  return `${name}.${namespace}.svc`
}

export const DEFAULT_PORT = 443
