/** Deletes what a namespace holds: pods first, the rest when they are gone. Mirrors kubernetes pkg/controller/namespace/deletion. */
import { isNotFound } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Namespace, Pod } from '../../types/core-v1.ts'
import type { ServedResource } from '../client.ts'
import type { ControllerContext } from '../controller.ts'
import { isPodTerminal, timeOf } from '../pods.ts'

/** What one pass left behind. */
export interface Content {
  /** Objects left by resource, as `pods.` or `deployments.apps`. */
  remaining: Map<string, number>
  finalizers: Map<string, number>
  errors: Error[]
  /** How long what is left will take, at a guess; 0: nothing to wait for. */
  estimateSeconds: number
  /** Only pods were looked at: there still are some. */
  waitsForPods: boolean
}

/** What has finalizers is looked at again after a while. */
const FINALIZER_SECONDS = 15

export async function deleteContent(namespace: Namespace, context: ControllerContext): Promise<Content> {
  const content: Content = {
    remaining: new Map(),
    finalizers: new Map(),
    errors: [],
    estimateSeconds: 0,
    waitsForPods: false,
  }
  const deletable = context.resources().filter(({ namespaced, verbs }) => namespaced && verbs.includes('delete'))
  const pods = deletable.find(({ name }) => name === 'pods')
  if (pods) {
    await deleteAll(pods, namespace, content, context)
    content.waitsForPods = content.remaining.size > 0
    if (content.waitsForPods) return content
  }
  for (const resource of deletable) if (resource !== pods) await deleteAll(resource, namespace, content, context)
  return content
}

async function deleteAll(
  resource: ServedResource,
  namespace: Namespace,
  content: Content,
  { client, clock }: ControllerContext,
): Promise<void> {
  if (!resource.verbs.includes('list')) return
  const { name = '', deletionTimestamp } = namespace.metadata
  try {
    const present = await client.list(resource.name, { namespace: name })
    if (present.length === 0) return
    const elapsed = clock.now() - (timeOf(deletionTimestamp) ?? 0)
    const grace = resource.name === 'pods' ? graceSeconds(present as Pod[]) : 0
    const estimate = elapsed >= grace * 1000 ? 0 : grace
    for (const { metadata } of present) {
      try {
        await client.delete(resource.name, name, metadata.name ?? '', { propagationPolicy: 'Background' })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
    count(resource, name, await client.list(resource.name, { namespace: name }), estimate, content)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    content.errors.push(
      resource.name === 'pods'
        ? new Error(`failed to delete pods for namespace: ${name}, err: ${error.message}`)
        : error,
    )
  }
}

function count(
  { name, group, version }: ServedResource,
  namespace: string,
  left: readonly KubeObject[],
  estimate: number,
  content: Content,
): void {
  if (left.length === 0) return
  const resource = name.split('.', 1)[0]
  content.remaining.set(`${resource}.${group}`, left.length)
  let finalizers = 0
  for (const finalizer of left.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    content.finalizers.set(finalizer, (content.finalizers.get(finalizer) ?? 0) + 1)
    finalizers++
  }
  const seconds = estimate || (finalizers > 0 ? FINALIZER_SECONDS : 0)
  content.estimateSeconds = Math.max(content.estimateSeconds, seconds)
  if (seconds > 0) return
  const gvr = `${group}/${version}, Resource=${resource}`
  content.errors.push(new Error(`unexpected items still remain in namespace: ${namespace} for gvr: ${gvr}`))
}

/** The longest grace period of a pod that runs. */
function graceSeconds(pods: readonly Pod[]): number {
  const running = pods.filter((pod) => !isPodTerminal(pod))
  return Math.max(0, ...running.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 0))
}
