/** DefaultIngressClass: an ingress without a class gets the cluster's. Mirrors plugin/pkg/admission/network/defaultingressclass. */
import { defaultClassOf } from './default-class.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

const DEFAULT = ['ingressclass.kubernetes.io/is-default-class']
const OLD_CLASS = 'kubernetes.io/ingress.class'

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  concerns: requestsFor(['ingresses.networking.k8s.io'], ['CREATE']),
  admit({ object }, context) {
    if (!object) return
    if (object['spec'].ingressClassName !== undefined || object.metadata.annotations?.[OLD_CLASS] !== undefined) return
    const found = defaultClassOf(context.reader.list('ingressclasses.networking.k8s.io'), DEFAULT)
    if (found) object['spec'].ingressClassName = found.metadata.name
  },
}
