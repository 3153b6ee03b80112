/** The storage suite on a real etcd, a new one for each of its tests: it counts revisions from the first. */
import { afterAll, afterEach } from 'vitest'
import { type EtcdStorage, openEtcd } from '../../../src/storage/etcd/etcd.ts'
import { storageConformance } from '../../conformance/storage.ts'
import { type EtcdServer, requireEtcd, startEtcd } from './etcd-server.ts'

const shallow = ['/registry/pods/', '/registry/configmaps/']
const used: EtcdServer[] = []
/** Starts while the test before it runs. */
let next: Promise<EtcdServer> = startEtcd()

async function open(history?: { limit?: number }): Promise<EtcdStorage> {
  const server = await next
  used.push(server)
  next = startEtcd()
  return openEtcd({ endpoints: [server.endpoint], shallow, history })
}

afterEach(async () => {
  for (const server of used.splice(0)) await server.stop()
})
afterAll(async () => (await next).stop())

storageConformance(`etcd ${requireEtcd()}`, open)
