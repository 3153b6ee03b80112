/** Warnings about the containers of a pod. Mirrors pkg/api/pod/warnings.go. */
import type { Container, ContainerPort } from '../../types/core-v1.ts'
import { fractionalWarnings } from './volumes.warnings.ts'

/** A container of any of the three lists, and where it is. */
export type Named = readonly [container: Container, path: string]

/** As upstream: one container after the other, what `others` says of it first, then their ports together. */
export function containerWarnings(containers: readonly Named[], others: (container: Container) => string[]): string[] {
  const warnings: string[] = []
  for (const [container, path] of containers) {
    warnings.push(...others(container), ...fractionalBytes(container, path), ...hiddenVariables(container, path))
  }
  warnings.push(...portWarnings(containers), ...portNameWarnings(containers))
  return warnings
}

function fractionalBytes({ resources }: Container, path: string): string[] {
  if (!resources) return []
  const warnings: string[] = []
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const list of ['limits', 'requests'] as const) {
      const value = resources[list]?.[name]
      if (value !== undefined) warnings.push(...fractionalWarnings(value, `${path}.resources.${list}[${name}]`))
    }
  }
  return warnings
}

/** A second variable of one name is fine when it builds on the first. */
function hiddenVariables(container: Container, path: string): string[] {
  if (!container.env) return []
  const seen = new Set<string>()
  return container.env.flatMap(({ name, value = '', valueFrom }, i) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const reference = `$(${name})`
    if (!valueFrom && value !== reference && value.includes(reference)) return []
    const detail = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
    return [`${path}.env[${i}]: ${detail}`]
  })
}

function portWarnings(containers: readonly Named[]): string[] {
  const warnings: string[] = []
  const seen = new Map<string, { path: string; port: ContainerPort }[]>()
  for (const [container, path] of containers) {
    container.ports?.forEach((port, i) => {
      const at = `${path}.ports[${i}]`
      if (port.hostIP && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goPort(port)}`)
      const key = `${port.containerPort}/${port.protocol}`
      const others = seen.get(key)
      for (const other of others ?? []) {
        const how = overlap(port, other.port)
        if (how) warnings.push(`${at}: ${how} port definition with ${other.path}`)
      }
      if (others) others.push({ path: at, port })
      else seen.set(key, [{ path: at, port }])
    })
  }
  return warnings
}

const goPort = (port: ContainerPort): string =>
  `{Name:${port.name ?? ''} HostPort:0 ContainerPort:${port.containerPort} Protocol:${port.protocol} HostIP:${port.hostIP}}`

function overlap(a: ContainerPort, b: ContainerPort): string {
  const [ipA, ipB, portA, portB] = [a.hostIP ?? '', b.hostIP ?? '', a.hostPort ?? 0, b.hostPort ?? 0]
  if (ipA === ipB && portA === portB) return 'duplicate'
  if (portA === 0 || portB === 0) return 'overlapping'
  return portA === portB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : ''
}

function portNameWarnings(containers: readonly Named[]): string[] {
  const first = new Map<string, string>()
  const warnings: string[] = []
  for (const [container, path] of containers) {
    container.ports?.forEach((port, i) => {
      if (!port.name) return
      const at = `${path}.ports[${i}]`
      const other = first.get(port.name)
      if (!other) {
        first.set(port.name, at)
        return
      }
      const consequence = `services and probes that select ports by name will use ${other}`
      warnings.push(`${at}: duplicate port name ${JSON.stringify(port.name)} with ${other}, ${consequence}`)
    })
  }
  return warnings
}
