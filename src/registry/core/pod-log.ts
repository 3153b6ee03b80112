/** pods/log. Mirrors pkg/registry/core/pod/{strategy,rest/log}.go and, for what a kubelet answers, pkg/kubelet/kubelet_pods.go. */
import { outputOf } from '../../apimachinery/command-output.ts'
import { newBadRequest, newInvalid, newNotFound } from '../../apimachinery/errors.ts'
import { type FieldError, forbidden, invalid } from '../../apimachinery/field-error.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { parseTime } from '../../apimachinery/time.ts'
import type { Container, ContainerStatus, Pod } from '../../types/core-v1.ts'
import type { Reader } from '../definition.ts'

interface LogOptions {
  container: string
  previous: boolean
  timestamps: boolean
  tailLines?: number
  limitBytes?: number
  /** Milliseconds since the epoch. */
  since?: number
}

/** The text of the log; undefined: there is no kubelet to ask, as the pod has no node. Throws 400, 404, 422. */
export function readLog(
  name: string,
  namespace: string,
  query: URLSearchParams,
  { reader, now }: { reader: Reader; now: number },
): string | undefined {
  const options = logOptions(name, query, now)
  const pod = requirePod(name, namespace, reader)
  const container = chooseContainer(pod, options.container)
  if (!pod.spec?.nodeName) return undefined
  const status = statusOf(pod, container.name)
  const run = options.previous ? status?.lastState?.terminated : (status?.state?.running ?? status?.state?.terminated)
  if (!run) throw newBadRequest(whyNoLog(pod, container.name, status, options.previous))
  const startedAt = run.startedAt ?? ''
  if (options.since !== undefined && parseTime(startedAt) < options.since) return ''
  const lines = outputOf(container)
  const shown = options.tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - options.tailLines))
  const text = shown.map((line) => `${options.timestamps ? `${startedAt} ` : ''}${line}\n`).join('')
  return options.limitBytes === undefined ? text : Buffer.from(text).subarray(0, options.limitBytes).toString()
}

export function requirePod(name: string, namespace: string, reader: Reader): Pod {
  const pod = reader.get<Pod>('pods', namespace, name)
  if (!pod) throw newNotFound({ group: '', resource: 'pods' }, name)
  return pod
}

/** The named one or the only one. Throws 400. */
export function chooseContainer({ metadata, spec }: Pod, name: string): Container {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {}
  if (name === '') {
    if (containers.length === 1) return containers[0] as Container
    const names = [...initContainers, ...containers, ...ephemeralContainers].map((one) => one.name).join(' ')
    throw newBadRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${names}]`)
  }
  const found = [...initContainers, ...containers, ...ephemeralContainers].find((one) => one.name === name)
  if (!found) throw newBadRequest(`container ${name} is not valid for pod ${metadata.name}`)
  return found as Container
}

function statusOf({ status = {} }: Pod, name: string): ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find((it) => it.name === name)
}

function whyNoLog({ metadata }: Pod, name: string, status: ContainerStatus | undefined, previous: boolean): string {
  const what = `container ${quote(name)} in pod ${quote(metadata.name ?? '')}`
  if (!status) return `${what} is not available`
  if (previous) return `previous terminated ${what} not found`
  const { reason = '' } = status.state?.waiting ?? {}
  const isFailing = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'CreateContainerConfigError'].includes(
    reason,
  )
  return isFailing
    ? `${what} is waiting to start: ${IMAGE_TROUBLE[reason] ?? reason}`
    : `${what} is waiting to start: ${reason || 'ContainerCreating'}`
}

const IMAGE_TROUBLE: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

function logOptions(name: string, query: URLSearchParams, now: number): LogOptions {
  const sinceSeconds = integer(query, 'sinceSeconds')
  const sinceTime = query.get('sinceTime') || undefined
  const tailLines = integer(query, 'tailLines')
  const limitBytes = integer(query, 'limitBytes')
  const errors: FieldError[] = []
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'))
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'))
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  }
  if (errors.length > 0) throw newInvalid({ group: '', resource: 'PodLogOptions' }, name, errors)
  return {
    container: query.get('container') ?? '',
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines,
    limitBytes,
    since: sinceTime === undefined ? sinceSeconds && now - sinceSeconds * 1000 : parseTime(sinceTime),
  }
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (!text) return undefined
  if (/^[-+]?\d+$/.test(text)) return Number(text)
  throw newBadRequest(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`)
}

/** As upstream reads them: what is no known "no" is a yes. */
const flag = (query: URLSearchParams, name: string): boolean =>
  query.has(name) && !['false', '0'].includes((query.get(name) ?? '').toLowerCase())
