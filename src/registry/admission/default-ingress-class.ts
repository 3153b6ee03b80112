/** DefaultIngressClass: an ingress without a class gets the cluster's. Mirrors plugin/pkg/admission/network/defaultingressclass. */
import { defaultClassOf } from './default-class.ts'
import type { AdmissionPlugin } from './plugin.ts'

const DEFAULT = ['ingressclass.kubernetes.io/is-default-class']
const OLD_CLASS = 'kubernetes.io/ingress.class'

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  admit({ definition, operation, subresource, object }, context) {
    if (definition.groupResource !== 'ingresses.networking.k8s.io' || operation !== 'CREATE') return
    if (subresource !== '' || !object) return
    if (object['spec'].ingressClassName !== undefined || object.metadata.annotations?.[OLD_CLASS] !== undefined) return
    const found = defaultClassOf(context.reader.list('ingressclasses.networking.k8s.io'), DEFAULT)
    if (found) object['spec'].ingressClassName = found.metadata.name
  },
}
