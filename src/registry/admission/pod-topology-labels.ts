/** PodTopologyLabels: a pod carries the zone and the region of its node. Mirrors plugin/pkg/admission/podtopologylabels. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { WriteContext } from '../definition.ts'
import type { AdmissionPlugin } from './plugin.ts'

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  admit({ definition, operation, subresource, object }, context) {
    if (definition.groupResource !== 'pods' || operation !== 'CREATE' || !object) return
    if (subresource === '') copyLabels(object, object['spec'].nodeName, context)
    else if (subresource === 'binding' && object['target']?.kind === 'Node') {
      copyLabels(object, object['target'].name, context)
    }
  },
}

/** On a Binding the labels go on to the pod it binds. */
function copyLabels(object: DynamicObject, node: string | undefined, context: WriteContext): void {
  const labels = node ? context.reader.get('nodes', '', node)?.metadata.labels : undefined
  const copied = Object.fromEntries(
    LABELS.flatMap((name) => (labels?.[name] === undefined ? [] : [[name, labels[name]]])),
  )
  if (Object.keys(copied).length > 0) object.metadata.labels = { ...object.metadata.labels, ...copied }
}
