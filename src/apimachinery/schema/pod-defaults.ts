/** What is defaulted in a Pod and not in pod templates. Mirrors SetDefaults_Pod. */

// biome-ignore lint/suspicious/noExplicitAny: fields of many kinds, read by name
type Fields = Record<string, any>

export function podSpecDefaults(spec: Fields): Fields | undefined {
  const patch: Fields = {}
  if (spec.terminationGracePeriodSeconds < 0) patch.terminationGracePeriodSeconds = 1
  for (const list of ['initContainers', 'containers']) {
    const containers = changed(spec[list], (container) => completed(container, spec.hostNetwork === true))
    if (containers !== spec[list]) patch[list] = containers
  }
  return patch
}

function completed(container: Fields, hostNetwork: boolean): Fields {
  const resources = requestsFromLimits(container.resources)
  const ports = hostNetwork ? changed(container.ports, hostPort) : container.ports
  if (resources === container.resources && ports === container.ports) return container
  return { ...container, ...(ports ? { ports } : {}), resources }
}

function requestsFromLimits(resources: Fields): Fields {
  const { limits, requests } = resources ?? {}
  if (limits === undefined) return resources
  const lacks = Object.keys(limits).some((name) => requests?.[name] === undefined)
  if (!lacks) return resources
  const all = Object.entries({ ...limits, ...requests }).sort(([a], [b]) => (a < b ? -1 : 1))
  const { claims, ...rest } = resources
  return { ...rest, requests: Object.fromEntries(all), ...(claims ? { claims } : {}) }
}

function hostPort(port: Fields): Fields {
  if (port.hostPort) return port
  const { name, ...rest } = port
  return { ...(name === undefined ? {} : { name }), hostPort: port.containerPort, ...rest }
}

/** The same list when no item changed. */
function changed(items: Fields[] | undefined, change: (item: Fields) => Fields): Fields[] | undefined {
  if (items === undefined || items === null) return items
  const out = items.map(change)
  return out.some((item, i) => item !== items[i]) ? out : items
}
