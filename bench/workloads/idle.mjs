// What servers that nobody asks for anything take of a core, heartbeats included.
import { setTimeout as sleep } from 'node:timers/promises'
import { idlePercent } from '../processes.mjs'
import { startKubemu } from '../servers.mjs'
import { nodesReady } from './nodes.mjs'

/** Two heartbeats of each node. */
const SECONDS = 20
const CALM_MS = 10_000

export async function idle({ quick, peer, row }) {
  const seconds = quick ? 2 : SECONDS
  const percent = async (children) => {
    await sleep(CALM_MS)
    return idlePercent(children, seconds)
  }
  const ours = async (nodes) => {
    const { children, rss, stop } = await startKubemu('--in-memory', '--nodes', String(nodes))
    const own = await percent(children)
    const after = rss()
    await stop()
    return { own, rss: after }
  }
  const one = await ours(100)
  const many = await ours(quick ? 200 : 5_000)
  const other = await peer()
  let theirs
  if (other) {
    other.startControllers()
    await nodesReady(other, 100)
    theirs = { other: await percent(other.children), rss: other.rss() }
    await other.stopControllers()
  }
  const what = 'one core while idle, 100 nodes'
  row({ what, own: one.own, other: theirs?.other, unit: ' %', as: 'part', goal: '< 1 %', rss: [one.rss, theirs?.rss] })
  row({ what: 'one core while idle, 5,000 nodes', own: many.own, unit: ' %', goal: '', rss: [many.rss] })
}
