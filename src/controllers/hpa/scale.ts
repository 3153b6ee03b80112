/** The size of what an autoscaler scales, read and written. Mirrors the scale subresource that upstream goes through. */
import { isNotFound } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { formatSelectorObject, parseSelector, type Selector } from '../../apimachinery/labels.ts'
import { type DynamicObject, type LabelSelector, parseGroupVersion } from '../../apimachinery/meta.ts'
import type { HorizontalPodAutoscaler } from '../../types/autoscaling-v2.ts'
import type { ControllerContext } from '../controller.ts'

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'
const SCALABLE = new Set(['deployments.apps', 'replicasets.apps', 'statefulsets.apps', 'replicationcontrollers'])
const BUILT_IN: ScalePaths = { spec: '.spec.replicas', status: '.status.replicas', selector: '.spec.selector' }

interface ScalePaths {
  spec: string
  status: string
  selector?: string
}

export interface Scale {
  resource: string
  specReplicas: number
  statusReplicas: number
  /** Undefined: the target does not say which pods are its. */
  selector: Selector | undefined
  set(replicas: number): Promise<void>
}

/** Throws why the target cannot be scaled, in upstream's words. */
export async function readScale(hpa: HorizontalPodAutoscaler, context: ControllerContext): Promise<Scale> {
  const { apiVersion = '', kind, name } = hpa.spec!.scaleTargetRef
  const namespace = hpa.metadata.namespace ?? ''
  const served = context.resourceFor(apiVersion, kind)
  const { group } = parseGroupVersion(apiVersion)
  if (!served) throw new Error(`no matches for kind ${quote(kind)} in group ${quote(group)}`)
  const paths = SCALABLE.has(served.name) ? BUILT_IN : await customPaths(served.name, context)
  if (!paths) throw new Error('the server could not find the requested resource')
  let object: DynamicObject
  try {
    object = await context.client.get<DynamicObject>(served.name, namespace, name)
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new Error(`${served.name} ${quote(name)} not found`)
  }
  const found = paths.selector === undefined ? undefined : valueAt(object, paths.selector)
  const text = typeof found === 'object' ? selectorText(found as object, served.name) : String(found ?? '')
  return {
    resource: served.name,
    specReplicas: Number(valueAt(object, paths.spec) ?? 0),
    statusReplicas: Number(valueAt(object, paths.status) ?? 0),
    selector: text ? parseSelector(text) : undefined,
    async set(replicas) {
      await context.client.modify<DynamicObject>(served.name, namespace, name, (old) =>
        withValue(old, paths.spec, replicas),
      )
    },
  }
}

function selectorText(selector: object, resource: string): string {
  const object = resource === 'replicationcontrollers' ? { matchLabels: selector } : selector
  return formatSelectorObject(object as LabelSelector)
}

async function customPaths(resource: string, { client }: ControllerContext): Promise<ScalePaths | undefined> {
  try {
    const { spec } = await client.get<DynamicObject>(DEFINITIONS, '', resource)
    const { subresources } = spec.versions.find(({ storage }: { storage: boolean }) => storage)
    if (!subresources?.scale) return undefined
    const { specReplicasPath, statusReplicasPath, labelSelectorPath } = subresources.scale
    return { spec: specReplicasPath, status: statusReplicasPath, selector: labelSelectorPath }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function valueAt(object: DynamicObject, path: string): unknown {
  let value: unknown = object
  for (const name of path.slice(1).split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return value
}

function withValue(object: DynamicObject, path: string, value: unknown): DynamicObject {
  const names = path.slice(1).split('.')
  const put = (at: Record<string, unknown>, i: number): Record<string, unknown> => ({
    ...at,
    [names[i]]: i === names.length - 1 ? value : put((at[names[i]] ?? {}) as Record<string, unknown>, i + 1),
  })
  return put(object, 0) as DynamicObject
}
