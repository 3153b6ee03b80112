/** Resources of a pod as a whole: what it does not say follows from its containers. Mirrors DefaultPodLevelResources of pkg/api/pod/util.go. */
import { podResources, type Resources } from '../../apimachinery/pod-resources.ts'
import { compareQuantities, formatQuantity, parseQuantity } from '../../apimachinery/quantity.ts'
import type { Container, PodSpec } from '../../types/core-v1.ts'

type List = Record<string, string>

const isHugePage = (name: string): boolean => name.startsWith('hugepages-')
const isOvercommitted = (name: string): boolean => name === 'cpu' || name === 'memory'
const isSupported = (name: string): boolean => isOvercommitted(name) || isHugePage(name)

/** Of a pod that says something of itself as a whole; the order of the three steps matters. Changes the draft. */
export function defaultPodLevelResources(spec: PodSpec): void {
  const given = spec.resources
  if (!given || (isEmpty(given.requests) && isEmpty(given.limits))) return
  const { resources: _, ...containersOnly } = spec
  const ofContainers = (which: 'requests' | 'limits'): Resources => podResources(containersOnly, which)
  const requests: List = { ...given.requests }
  const limits: List = { ...given.limits }
  for (const [name, amount] of Object.entries(ofContainers('limits'))) {
    if (isHugePage(name) && requests[name] === undefined) limits[name] ??= formatQuantity(amount)
  }
  for (const [name, amount] of Object.entries(ofContainers('requests'))) {
    if (isOvercommitted(name)) requests[name] ??= formatQuantity(amount)
  }
  for (const [name, amount] of Object.entries(limits)) if (isSupported(name)) requests[name] ??= amount
  for (const [name, amount] of Object.entries(ofContainers('limits'))) {
    const request = requests[name]
    if (request === undefined || limits[name] !== undefined || !isSupported(name) || !allLimit(spec, name)) continue
    limits[name] = compareQuantities(parseQuantity(String(request)), amount) > 0 ? request : formatQuantity(amount)
  }
  spec.resources = { ...given, ...entries('limits', limits), ...entries('requests', requests) }
}

const isEmpty = (list: object | undefined): boolean => Object.keys(list ?? {}).length === 0

function entries(name: 'limits' | 'requests', list: List): Partial<Record<'limits' | 'requests', List>> {
  if (isEmpty(list)) return {}
  return { [name]: Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function allLimit({ containers, initContainers }: PodSpec, name: string): boolean {
  const all: Container[] = [...(initContainers ?? []), ...(containers ?? [])]
  return all.every(({ resources }) => resources?.limits?.[name] !== undefined)
}
