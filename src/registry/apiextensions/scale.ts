/** The scale subresource of custom resources: paths say where replicas and selector are. Mirrors ScaleREST of customresource/etcd.go. */
import { newBadRequest, newInternalError } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPlainObject } from '../../apimachinery/schema/go-json.ts'
import type { Projection } from '../definition.ts'
import type { ScalePaths } from './crd.ts'

/** Stands for replicas that are not set: the smallest int32, which nobody asks for. */
const UNSET = -(2 ** 31)

export function customScale({ specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths): Projection {
  function read(object: DynamicObject, whenAbsent?: number): DynamicObject {
    const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
    const found = valueAt(object, specReplicasPath)
    if (found === undefined && whenAbsent === undefined) {
      throw newInternalError(`the spec replicas field ${quote(specReplicasPath)} does not exist`)
    }
    const replicas = (found ?? whenAbsent) as number
    const selector = labelSelectorPath ? valueAt(object, labelSelectorPath) : undefined
    return {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: replicas === 0 ? {} : { replicas },
      status: { replicas: valueAt(object, statusReplicasPath) ?? 0, ...(selector ? { selector } : {}) },
    } as DynamicObject
  }
  return {
    read: (object) => read(object),
    start: (object) => read(object, UNSET),
    write(view, old) {
      const replicas: number = view['spec']?.replicas ?? 0
      if (replicas === UNSET) throw newBadRequest(`the spec replicas field ${quote(specReplicasPath)} cannot be empty`)
      const { resourceVersion } = view.metadata
      const metadata = { ...old.metadata, ...(resourceVersion ? { resourceVersion } : {}) }
      return withValueAt({ ...old, metadata }, segments(specReplicasPath), replicas) as DynamicObject
    },
  }
}

const segments = (path: string): string[] => path.replace(/^\./, '').split('.')

/** Undefined also where a parent is no object: `wrongParent` tells. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object
  for (const name of segments(path)) {
    if (!isPlainObject(value)) return undefined
    value = value[name]
  }
  return value ?? undefined
}

/** The parent of a path's value that is there and no object. */
export function wrongParent(object: unknown, path: string): unknown {
  let value = object
  for (const name of segments(path)) {
    if (value === undefined || value === null) return undefined
    if (!isPlainObject(value)) return value
    value = value[name]
  }
  return undefined
}

function withValueAt(object: unknown, [name, ...rest]: string[], value: unknown): unknown {
  if (name === undefined) return value
  const fields = (object ?? {}) as Record<string, unknown>
  return { ...fields, [name]: withValueAt(fields[name], rest, value) }
}
