// Fills a data file with pods through the library. Reads { data, count } as JSON from its first argument.
import { createCluster } from '../dist/index.js'
import { pod } from './objects.mjs'

const { data, count } = JSON.parse(process.argv[2])
const cluster = await createCluster({ data, controllers: false })
await cluster.client.create('serviceaccounts', { metadata: { namespace: 'default', name: 'default' } })
for (let i = 0; i < count; i++) {
  const made = JSON.parse(pod(`pod-${String(i).padStart(6, '0')}`))
  await cluster.client.create('pods', { ...made, metadata: { ...made.metadata, namespace: 'default' } })
}
await cluster.close()
process.stdout.write('{}')
