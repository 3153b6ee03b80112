/** The scale subresource: a workload seen through autoscaling/v1 Scale. Mirrors pkg/registry/apps/<kind>/storage/storage.go and core/replicationcontroller/storage. */
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import { formatSelectorObject, selectorFromLabels } from '../../apimachinery/labels.ts'
import type { DynamicObject, LabelSelector } from '../../apimachinery/meta.ts'
import type { Projection } from '../definition.ts'

type SelectorText = (object: DynamicObject) => string

/** apps workloads: the selector is a LabelSelector. */
export const scale: Projection = scaleProjection((object) => selectorText(object['spec'].selector))

/** ReplicationControllers: the selector is a plain map of labels. */
export const scaleOfLabels: Projection = scaleProjection((object) =>
  selectorFromLabels(object['spec'].selector ?? {}).toString(),
)

/** Unlike a printed cell, an empty selector is an empty text. */
function selectorText(selector: LabelSelector | undefined): string {
  const text = formatSelectorObject(selector)
  return text === '<none>' ? '' : text
}

function scaleProjection(selectorOf: SelectorText): Projection {
  return {
    read(object) {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
      const replicas: number = object['spec'].replicas ?? 0
      const selector = selectorOf(object)
      return {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: replicas === 0 ? {} : { replicas },
        status: { replicas: object['status']?.replicas ?? 0, ...(selector ? { selector } : {}) },
      } as DynamicObject
    },
    write(view, old) {
      // A resourceVersion or uid in the view is a precondition on the workload; the rest of its metadata is ignored.
      const { resourceVersion, uid } = view.metadata
      const metadata = {
        ...old.metadata,
        ...(resourceVersion ? { resourceVersion } : {}),
        ...(uid ? { uid } : {}),
      }
      return { ...old, metadata, spec: { ...old['spec'], replicas: view['spec']?.replicas ?? 0 } }
    },
    validate: validateScale,
  }
}

function validateScale(view: DynamicObject): FieldError[] {
  const replicas: number = view['spec']?.replicas ?? 0
  return replicas < 0 ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')] : []
}
