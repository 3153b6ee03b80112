/** What a Service defaults by its type and affinity. Mirrors SetDefaults_Service. */

// biome-ignore lint/suspicious/noExplicitAny: fields of many kinds, read by name
type Fields = Record<string, any>

const INTERNAL = new Set(['ClusterIP', 'NodePort', 'LoadBalancer'])
const CLIENT_IP_SECONDS = 10_800

export function serviceSpecDefaults(spec: Fields): Fields | undefined {
  const patch: Fields = {}
  const { type, sessionAffinity, sessionAffinityConfig: affinity } = spec
  if (sessionAffinity === 'None' && affinity !== undefined) patch.sessionAffinityConfig = undefined
  if (sessionAffinity === 'ClientIP' && affinity?.clientIP?.timeoutSeconds === undefined) {
    patch.sessionAffinityConfig = { clientIP: { timeoutSeconds: CLIENT_IP_SECONDS } }
  }
  if (isExternal(spec) && !spec.externalTrafficPolicy) patch.externalTrafficPolicy = 'Cluster'
  if (INTERNAL.has(type) && spec.internalTrafficPolicy === undefined) patch.internalTrafficPolicy = 'Cluster'
  return patch
}

function isExternal({ type, externalIPs }: Fields): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs?.length > 0)
}

/** The port of the pods is the Service's own unless said. */
export function servicePortDefaults({ port, targetPort }: Fields): Fields | undefined {
  return targetPort ? undefined : { targetPort: port }
}

/** Addresses of a load balancer stand for themselves unless said. */
export function serviceStatusDefaults({ spec, status }: Fields): Fields | undefined {
  const ingress: Fields[] | undefined = status?.loadBalancer?.ingress
  if (spec.type !== 'LoadBalancer' || !ingress?.some(lacksMode)) return undefined
  return { status: { ...status, loadBalancer: { ...status.loadBalancer, ingress: ingress.map(withMode) } } }
}

function lacksMode({ ip, ipMode }: Fields): boolean {
  return Boolean(ip) && ipMode === undefined
}

function withMode(ingress: Fields): Fields {
  if (!lacksMode(ingress)) return ingress
  const { ip, hostname, ports } = ingress
  return { ip, ...(hostname ? { hostname } : {}), ipMode: 'VIP', ...(ports ? { ports } : {}) }
}
