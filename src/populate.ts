/** What nobody but us would create: the API server's own objects, nodes, the default storage class. Created where it is not there. */
import { isAlreadyExists, isStatusError } from './apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from './apimachinery/meta.ts'
import { advertised } from './cluster-networks.ts'
import type { ControlPlane, ControlPlaneParts } from './control-plane.ts'
import { defaultStorageClass, fakeDriver, volumeProvisioner } from './controllers/volume-provisioner.ts'
import { createLocalClient } from './local-client.ts'
import { bootstrapObjects } from './registry/bootstrap/bootstrap.ts'
import { SYSTEM_USER } from './registry/environment.ts'
import { nodeObject } from './scenario/nodes.ts'

/** How often, and after which real time, a start is tried again that another process's start was in the way of. */
const ATTEMPTS_BESIDE = 50
const RETRY_BESIDE_MS = 100

/** `controllers`: those whose objects are to be there, too. */
type Population = Pick<ControlPlaneParts, 'controllers'> & { nodes: number }

/** What a fresh API server makes, or one whose data is older. */
export async function bootstrap({ registry, identity }: ControlPlane): Promise<void> {
  const system = createLocalClient(registry, SYSTEM_USER, 'kube-apiserver')
  const { address, port } = advertised(registry.settings)
  const objects = bootstrapObjects({
    now: registry.clock.now(),
    serviceCidr: registry.settings.serviceCidr,
    advertiseAddress: address,
    securePort: port,
  })
  for (const { resource, object, status, upgraded } of objects) {
    const { namespace = '', name = '' } = object.metadata
    const present = registry.store(resource).find(namespace, name)
    if (present) {
      const next = upgraded?.(present)
      if (next) await system.update(resource, next)
      continue
    }
    try {
      const created = await system.create(resource, object)
      if (status) await system.updateStatus(resource, { ...created, status } as DynamicObject)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
  await identity.claim()
}

/** As `populate`; on a storage that is shared other processes may be at the same: what is half there for a moment is tried again. */
export async function populateBeside(plane: ControlPlane, population: Population): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await populate(plane, population)
    } catch (error) {
      const isAlone = !plane.registry.storage.shared
      if (isAlone || !isStatusError(error) || attempt === ATTEMPTS_BESIDE) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_BESIDE_MS))
    }
  }
}

export async function populate(plane: ControlPlane, { nodes, controllers }: Population): Promise<void> {
  await bootstrap(plane)
  const client = createLocalClient(plane.registry, SYSTEM_USER)
  const objects = Array.from({ length: nodes }, (_, i) => ({ resource: 'nodes', object: nodeObject(i + 1) }))
  const storage: { resource: string; object: KubeObject }[] = [
    { resource: 'storageclasses.storage.k8s.io', object: defaultStorageClass() },
    { resource: 'csidrivers.storage.k8s.io', object: fakeDriver() },
  ]
  for (const { resource, object } of [...objects, ...(controllers.includes(volumeProvisioner) ? storage : [])]) {
    try {
      await client.create<KubeObject>(resource, object)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}
