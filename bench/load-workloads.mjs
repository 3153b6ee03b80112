// Load that controllers have to work off: Deployments that become Running, a rolling update, nodes that become Ready.
import { Connection } from './connection.mjs'
import { deployment, node } from './objects.mjs'

const CLIENTS = 8

/** New Deployments until all of their pods are ready. */
export async function rollout({ target, namespace, deployments, replicas }) {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const ready = await follow(target, path, deployments, (status) => status.readyReplicas === replicas)
  const started = performance.now()
  await inParallel(target, deployments, (i) => ['POST', path, deployment(`web-${i}`, replicas, 'one')])
  await ready.finished
  return { seconds: (performance.now() - started) / 1000 }
}

/** A new template for one Deployment, until the last old pod is gone. */
export async function update({ target, namespace, name, replicas }) {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
  const done = await follow(
    target,
    `${path}?fieldSelector=metadata.name%3D${name}`,
    1,
    (status, generation) =>
      generation > 1 &&
      status.observedGeneration === generation &&
      status.updatedReplicas === replicas &&
      status.replicas === replicas &&
      status.availableReplicas === replicas,
  )
  const started = performance.now()
  await inParallel(target, 1, () => ['PUT', `${path}/${name}`, deployment(name, replicas, 'two')])
  await done.finished
  return { seconds: (performance.now() - started) / 1000 }
}

/** New nodes until all are Ready. */
export async function nodes({ target, count, first }) {
  const path = '/api/v1/nodes'
  const isReady = ({ conditions }) => conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  const ready = await follow(target, path, count, isReady, (name) => Number(name.slice(BENCH_NODE.length)) >= first)
  const started = performance.now()
  await inParallel(target, count, (i) => ['POST', path, node(`${BENCH_NODE}${first + i}`)], true)
  await ready.finished
  return { seconds: (performance.now() - started) / 1000 }
}

const BENCH_NODE = 'bench-'

/** `finished` resolves when `count` objects have been as they should. */
async function follow(target, path, count, isDone, concerns = () => true) {
  const watcher = await Connection.open(target)
  const done = new Set()
  let finish
  let fail
  const finished = new Promise((resolve, reject) => {
    finish = resolve
    fail = reject
  })
  const separator = path.includes('?') ? '&' : '?'
  const ended = watcher.lines(`${path}${separator}watch=1`, (line) => {
    const { object } = JSON.parse(line)
    const { name, generation } = object.metadata
    if (!concerns(name) || !isDone(object.status ?? {}, generation)) return
    done.add(name)
    if (done.size === count) finish()
  })
  void ended.then(() => fail(new Error(`the watch ended when ${done.size} of ${count} were done`)))
  return { finished }
}

/** `ignoring`: what is there already is as good. */
async function inParallel(target, count, requestOf, ignoring = false) {
  let next = 0
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const connection = await Connection.open(target)
      while (next < count) {
        await connection.send(...requestOf(next++)).catch((error) => {
          if (!ignoring || !/AlreadyExists/.test(error.message)) throw error
        })
      }
      connection.close()
    }),
  )
}
