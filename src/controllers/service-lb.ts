/** Gives Services of type LoadBalancer an address that nothing answers at. Mirrors k8s.io/cloud-provider/controllers/service. */
import { deepEqual } from '../apimachinery/equality.ts'
import type { LoadBalancerIngress, Service } from '../types/core-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { addressOf, HOST_NAME } from './load-balancer-address.ts'

const SERVICES = 'services'
const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup'

/** Services with a class are somebody else's. */
export const serviceLb = defineController({
  name: 'service-lb',
  component: 'service-controller',
  for: SERVICES,
  async reconcile({ namespace, name }, context) {
    const service = context.lister<Service>(SERVICES).get(namespace, name)
    if (!service || service.spec?.loadBalancerClass) return
    const held = service.metadata.finalizers?.includes(FINALIZER) === true
    if (service.metadata.deletionTimestamp || service.spec?.type !== 'LoadBalancer') {
      if (held) await remove(service, context)
    } else if (!held || !deepEqual(service.status?.loadBalancer?.ingress, [wanted(service, context)])) {
      await ensure(service, held, context)
    }
  },
})

async function ensure(service: Service, held: boolean, context: ControllerContext): Promise<void> {
  const { client, recorder } = context
  recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
  const finalizers = [...(service.metadata.finalizers ?? []), FINALIZER]
  const kept = held
    ? service
    : await client.update(SERVICES, { ...service, metadata: { ...service.metadata, finalizers } })
  const ingress = [wanted(service, context)]
  await client.updateStatus<Service>(SERVICES, { ...kept, status: { ...kept.status, loadBalancer: { ingress } } })
  recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
}

async function remove(service: Service, { client, recorder }: ControllerContext): Promise<void> {
  recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
  const { namespace = '', name = '' } = service.metadata
  if (service.status?.loadBalancer?.ingress?.length) {
    await ignoreNotFound(
      client.updateStatus<Service>(SERVICES, { ...service, status: { ...service.status, loadBalancer: {} } }),
    )
  }
  await ignoreNotFound(
    client.modify<Service>(SERVICES, namespace, name, (old) => {
      const finalizers = old.metadata.finalizers?.filter((each) => each !== FINALIZER)
      return { ...old, metadata: { ...old.metadata, finalizers } }
    }),
  )
  recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
}

/** A name that the annotation says, the address that the spec asks for, the one it has, or the lowest that is free. */
function wanted(service: Service, { lister }: ControllerContext): LoadBalancerIngress {
  const hostname = service.metadata.annotations?.[HOST_NAME]
  if (hostname) return { hostname }
  const present = service.status?.loadBalancer?.ingress?.[0]
  const asked = service.spec?.loadBalancerIP
  if (present?.ip && (!asked || asked === present.ip)) return present
  if (asked) return { ip: asked, ipMode: 'VIP' }
  const taken = new Set(
    lister<Service>(SERVICES)
      .list()
      .flatMap(({ status }) => status?.loadBalancer?.ingress?.map(({ ip }) => ip) ?? []),
  )
  let number = 1
  while (taken.has(addressOf(number))) number++
  return { ip: addressOf(number), ipMode: 'VIP' }
}
