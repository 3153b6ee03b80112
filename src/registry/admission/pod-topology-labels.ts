/** PodTopologyLabels: a pod carries the zone and the region of its node. Mirrors plugin/pkg/admission/podtopologylabels. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { WriteContext } from '../definition.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

const LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  concerns: requestsFor(['pods'], ['CREATE'], ['', 'binding']),
  admit({ subresource, object }, context) {
    if (!object) return
    if (subresource === '') copyLabels(object, object['spec'].nodeName, context)
    else if (object['target']?.kind === 'Node') copyLabels(object, object['target'].name, context)
  },
}

/** On a Binding the labels go on to the pod it binds. */
function copyLabels(object: DynamicObject, node: string | undefined, context: WriteContext): void {
  const labels = node ? context.reader.get('nodes', '', node)?.metadata.labels : undefined
  for (const name of LABELS) {
    const value = labels?.[name]
    if (value !== undefined) object.metadata.labels = { ...object.metadata.labels, [name]: value }
  }
}
