// From the start of the process to the first 200 of /readyz.
import { startPeer } from '../peer.mjs'
import { startUpMs } from '../servers.mjs'
import { median } from '../table.mjs'

export async function start({ quick, binaries, row }) {
  const own = []
  const other = []
  for (let i = 0; i < (quick ? 2 : 7); i++) own.push(await startUpMs('--in-memory'))
  for (let i = 0; binaries !== undefined && i < (quick ? 1 : 3); i++) {
    const peer = await startPeer(binaries)
    other.push({ ms: peer.startMs, rss: peer.rss() })
    await peer.stop()
  }
  const middle = (measured, what) => (measured.length > 0 ? median(measured.map((each) => each[what])) : undefined)
  row({
    what: 'spawn to first 200, to etcd and kube-apiserver',
    own: middle(own, 'ms'),
    other: middle(other, 'ms'),
    unit: ' ms',
    as: 'part',
    goal: '<= 0.1x',
    rss: [middle(own, 'rss'), middle(other, 'rss')],
  })
}
