/** Gives Ingresses the address of an ingress controller that is not there. Stands for what ingress-nginx and others write into the status. */
import { deepEqual } from '../apimachinery/equality.ts'
import type { Ingress, IngressClass } from '../types/networking-v1.ts'
import { defineController } from './controller.ts'
import { HOST_NAME, INGRESS_ADDRESS } from './load-balancer-address.ts'

const INGRESSES = 'ingresses.networking.k8s.io'
const CLASSES = 'ingressclasses.networking.k8s.io'
/** `spec.controller` of the classes that are its own. */
const CONTROLLER = 'kubemu.dev/ingress'

/** Ingresses of a class that another controller serves are left alone; a class that is not there is nobody's. */
export const ingressAddress = defineController({
  name: 'ingress-address',
  component: 'ingress-controller',
  for: INGRESSES,
  watches: [
    {
      resource: CLASSES,
      keys: ({ metadata }, { lister }) =>
        lister<Ingress>(INGRESSES)
          .list()
          .filter(({ spec }) => spec?.ingressClassName === metadata.name)
          .map((ingress) => ({ namespace: ingress.metadata.namespace ?? '', name: ingress.metadata.name ?? '' })),
    },
  ],
  async reconcile({ namespace, name }, { client, lister }) {
    const found = lister<Ingress>(INGRESSES).get(namespace, name)
    if (!found || found.metadata.deletionTimestamp) return
    const ingressClass = lister<IngressClass>(CLASSES).get('', found.spec?.ingressClassName ?? '')
    if (ingressClass && ingressClass.spec?.controller !== CONTROLLER) return
    const hostname = found.metadata.annotations?.[HOST_NAME]
    const ingress = [hostname ? { hostname } : { ip: INGRESS_ADDRESS }]
    if (deepEqual(found.status?.loadBalancer?.ingress, ingress)) return
    await client.updateStatus<Ingress>(INGRESSES, { ...found, status: { loadBalancer: { ingress } } })
  },
})
