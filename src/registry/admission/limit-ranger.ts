/** LimitRanger: a namespace's LimitRanges give containers their defaults and hold them to minima and maxima. Mirrors plugin/pkg/admission/limitranger. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { parseResources, podResources, type Resources } from '../../apimachinery/pod-resources.ts'
import type { WriteContext } from '../definition.ts'
import { limitProblems } from './limit-ranger.constraints.ts'
import { type AdmissionPlugin, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

interface Container {
  name: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

type Limit = DynamicObject['spec']

const ofNewPods = requestsFor(['pods'], ['CREATE'])
const ofResizedPods = requestsFor(['pods'], ['UPDATE'], ['resize'])
const ofClaims = requestsFor(['persistentvolumeclaims'], ['CREATE', 'UPDATE'])

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  concerns: (kind) => ofNewPods(kind) || ofResizedPods(kind) || ofClaims(kind),
  admit(request, context) {
    if (request.definition.groupResource !== 'pods' || isGoing(request) || !request.object) return
    for (const range of rangesOf(request, context)) addDefaults(request.object, range)
  },
  validate(request, context) {
    if (isGoing(request) || !request.object) return
    for (const range of rangesOf(request, context)) {
      const problems = (range['spec'].limits ?? []).flatMap((limit: Limit) => problemsOf(request, limit))
      if (problems.length > 0) {
        throw refuse(request, problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`)
      }
    }
  },
}

const isGoing = ({ old }: AdmissionRequest): boolean => Boolean(old?.metadata.deletionTimestamp)

const rangesOf = (request: AdmissionRequest, context: WriteContext): DynamicObject[] =>
  context.reader.list('limitranges', request.namespace)

/** Only what a container does not say itself; an annotation tells what was set. */
function addDefaults(pod: DynamicObject, range: DynamicObject): void {
  const requests: Record<string, string> = {}
  const limits: Record<string, string> = {}
  for (const limit of range['spec'].limits ?? []) {
    if (limit.type !== 'Container') continue
    Object.assign(requests, limit.defaultRequest)
    Object.assign(limits, limit.default)
  }
  // Required lists may be null: validation has not seen them yet.
  const containers: Container[] = pod['spec'].containers ?? []
  const initContainers: Container[] = pod['spec'].initContainers ?? []
  const notes = [
    ...containers.flatMap((container) => fill(container, requests, limits, 'container')),
    ...initContainers.flatMap((container) => fill(container, requests, limits, 'init container')),
  ]
  if (notes.length === 0) return
  const text = `LimitRanger plugin set: ${notes.join('; ')}`
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text }
}

function fill(
  container: Container,
  requests: Record<string, string>,
  limits: Record<string, string>,
  what: string,
): string[] {
  const own = container.resources ?? {}
  const note = (kind: 'request' | 'limit', defaults: Record<string, string>): string[] => {
    const set = own[`${kind}s`]
    const missing = Object.keys(defaults).filter((name) => set?.[name] === undefined)
    return missing.length > 0 ? [`${missing.sort().join(', ')} ${kind} for ${what} ${container.name}`] : []
  }
  const notes = [...note('request', requests), ...note('limit', limits)]
  if (notes.length === 0) return []
  container.resources = { ...own }
  const merged = { requests: { ...requests, ...own.requests }, limits: { ...limits, ...own.limits } }
  if (Object.keys(merged.requests).length > 0) container.resources.requests = merged.requests
  if (Object.keys(merged.limits).length > 0) container.resources.limits = merged.limits
  return notes
}

function problemsOf(request: AdmissionRequest, limit: Limit): string[] {
  const spec = request.object?.['spec']
  const ofContainer = ({ resources }: Container): string[] =>
    limitProblems(limit, parseResources(resources?.requests), parseResources(resources?.limits))
  if (request.definition.groupResource === 'persistentvolumeclaims') {
    return limit.type === 'PersistentVolumeClaim' ? limitProblems(limit, parseResources(spec.resources?.requests)) : []
  }
  if (limit.type === 'Container')
    return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(ofContainer)
  if (limit.type !== 'Pod') return []
  const whole = (which: 'requests' | 'limits'): Resources => podResources(spec, which)
  return limitProblems(limit, whole('requests'), whole('limits'))
}
