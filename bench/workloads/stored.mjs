// Start with a data file of 10,000 and of 150,000 pods.
import { join } from 'node:path'
import { runScript, temporaryFolder } from '../processes.mjs'
import { startUpMs } from '../servers.mjs'

export async function stored({ quick, row }) {
  for (const count of quick ? [1_000] : [10_000, 150_000]) {
    const data = join(temporaryFolder(), 'cluster.json')
    await runScript('fill.mjs', { data, count })
    const { ms, rss } = await startUpMs('--data', data, '--no-controllers')
    row({ what: `spawn to first 200 with ${count.toLocaleString('en')} stored pods`, own: ms, unit: ' ms', rss: [rss] })
  }
}
