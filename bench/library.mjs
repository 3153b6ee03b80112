// The library in a process of its own. Reads a job as JSON from its first argument, prints the result as JSON.
import { createCluster } from '../dist/index.js'

const { clusters, rounds, objects } = JSON.parse(process.argv[2])
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

/** Until the cluster has answered. */
async function firstAnswer() {
  const started = performance.now()
  const cluster = await createCluster()
  await cluster.client.get('namespaces', '', 'default')
  return { cluster, ms: performance.now() - started }
}

async function further() {
  const started = performance.now()
  const open = []
  for (let i = 0; i < clusters; i++) open.push((await firstAnswer()).cluster)
  const perSecond = clusters / ((performance.now() - started) / 1000)
  for (const cluster of open) await cluster.close()
  return perSecond
}

async function resets(cluster) {
  const measured = []
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < objects; i++) {
      await cluster.client.create('configmaps', {
        metadata: { namespace: 'default', name: `c-${i}` },
        data: { a: 'b' },
      })
    }
    await cluster.settle()
    const started = performance.now()
    await cluster.reset()
    measured.push(performance.now() - started)
  }
  return median(measured)
}

const first = await firstAnswer()
const perSecond = []
for (let i = 0; i < rounds; i++) perSecond.push(await further())
const resetMs = await resets(first.cluster)
await first.cluster.close()
const rss = process.memoryUsage.rss() / 2 ** 20
process.stdout.write(JSON.stringify({ firstMs: first.ms, perSecond: median(perSecond), resetMs, rss }))
process.exit(0)
