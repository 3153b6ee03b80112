// The real thing, started from a folder of binaries: etcd and kube-apiserver, and for workloads with pods the kube-controller-manager, the
// kube-scheduler and KWOK's controller.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { beside, freePort, megabytes, start, stop, temporaryFolder } from './processes.mjs'

const TOKEN = 'bench-token'
/** Their own limits would be measured else. */
const CLIENT_LIMITS = ['--kube-api-qps', '5000', '--kube-api-burst', '10000']

/** { target, startMs, children, rss(), startControllers(), stop() }: etcd without fsync, kube-apiserver with RBAC, as envtest starts them. */
export async function startPeer(binaries) {
  const folder = temporaryFolder()
  const file = (name) => join(folder, name)
  const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()]
  const children = []
  const run = (name, ...args) => {
    const child = start(join(binaries, name), args, { log: file(`${name}.log`) })
    children.push(child)
    return child
  }
  writeKeys(file)
  const started = performance.now()
  const etcd = `http://127.0.0.1:${etcdPort}`
  run(
    'etcd',
    ...['--data-dir', file('etcd'), '--unsafe-no-fsync', '--log-level', 'error', '--listen-client-urls', etcd],
    ...['--advertise-client-urls', etcd, '--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
  )
  run(
    'kube-apiserver',
    ...['--etcd-servers', etcd, '--secure-port', String(port), '--bind-address', '127.0.0.1', '--cert-dir', folder],
    ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-key-file', file('sa.pub')],
    ...['--service-account-signing-key-file', file('sa.key'), '--service-cluster-ip-range', '10.96.0.0/16'],
    ...['--authorization-mode', 'RBAC', '--token-auth-file', file('tokens.csv')],
  )
  await ready(port, children)
  const startMs = performance.now() - started
  writeFileSync(file('kubeconfig'), kubeconfig(port))
  const first = children.length
  return {
    target: { host: '127.0.0.1', port, tls: true, token: TOKEN },
    startMs,
    children,
    rss: () => megabytes(children),
    startControllers() {
      const config = ['--kubeconfig', file('kubeconfig')]
      const alone = ['--leader-elect=false', '--secure-port', '0', ...CLIENT_LIMITS]
      run('kube-controller-manager', ...config, ...alone, '--service-account-private-key-file', file('sa.key'))
      run('kube-scheduler', ...config, ...alone)
      run(
        'kwok',
        ...config,
        '--config',
        beside('kwok-stages.yaml'),
        '--manage-all-nodes=true',
        '--v=ERROR',
        '--node-lease-duration-seconds=40',
      )
    },
    async stopControllers() {
      for (const child of children.splice(first)) await stop(child)
    },
    async stop() {
      for (const child of children.splice(0).reverse()) await stop(child)
    },
  }
}

function writeKeys(file) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(file('sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(file('sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(file('tokens.csv'), `${TOKEN},admin,admin,"system:masters"\n`)
}

function kubeconfig(port) {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token: TOKEN } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'admin' } }],
  })
}

async function ready(port, children) {
  const headers = { Authorization: `Bearer ${TOKEN}` }
  const options = { host: '127.0.0.1', port, path: '/readyz', headers, rejectUnauthorized: false, agent: false }
  for (;;) {
    const ended = children.find(({ exitCode }) => exitCode !== null)
    if (ended) throw new Error(`${ended.spawnfile} ended with ${ended.exitCode}`)
    const status = await new Promise((resolve) => {
      const request = https.get(options, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      request.on('error', () => resolve(0))
    })
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
