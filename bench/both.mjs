// KubEmu's API server and the peer's beside each other, for the workloads that ask both the same.
import { Connection } from './connection.mjs'
import { load } from './load-job.mjs'
import { pause, resume } from './processes.mjs'

/** [KubEmu, peer] or [KubEmu]: started by the first workload that asks. */
export async function onBoth({ apiServer, peer }) {
  const other = await peer()
  return other ? [await apiServer(), other] : [await apiServer()]
}

/** `measure(server, index)` of each server in its turn, while the others stand still. */
export async function inTurns(servers, measure) {
  for (const [i, server] of servers.entries()) {
    for (const other of servers) pause(other.children)
    resume(server.children)
    await measure(server, i)
  }
}

/** One request on a connection of its own: a real server closes those that are idle for long. */
export async function send(target, ...request) {
  const connection = await Connection.open(target)
  const answer = await connection.send(...request)
  connection.close()
  return answer
}

/** Creates or finds. */
export async function ensure(target, path, object) {
  await send(target, 'POST', path, JSON.stringify(object)).catch((error) => {
    if (!/AlreadyExists/.test(error.message)) throw error
  })
}

/** Namespaces with the service account that pods need. */
export async function prepare(target, namespaces) {
  for (const name of namespaces) {
    await ensure(target, '/api/v1/namespaces', { metadata: { name } })
    await ensure(target, `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  }
}

/** `count` pods in a namespace, there or not. */
export async function withPods(target, namespace, count) {
  await prepare(target, [namespace])
  const path = `/api/v1/namespaces/${namespace}/pods`
  const list = await send(target, 'GET', `${path}?limit=1`)
  const { items, metadata } = JSON.parse(list.body())
  const present = items.length + (metadata.remainingItemCount ?? 0)
  if (present < count) {
    const job = { kind: 'requests', target, verb: 'create', namespace, count: count - present, first: present }
    await load({ ...job, clients: 32 })
  }
  return path
}
