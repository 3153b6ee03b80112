// The programs of a run, each with its log in the run's folder.
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const TOKEN = 'run-token'
/** What upstream has no counterpart of in its controller manager: the node's own agent, a cloud's controllers, a storage provisioner. */
const KEPT_CONTROLLERS = 'kubelet,volume-provisioner,service-lb,ingress-address'

export const logOf = (folder, name) => readFileSync(join(folder, `${name}.log`), 'utf8')

/** Programs by name, stopped in the reverse order of their start. */
export class Processes {
  #folder
  #running = []

  constructor(folder) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  start(name, file, args) {
    const log = openSync(join(this.#folder, `${name}.log`), 'w')
    const child = spawn(file, args, { cwd: this.#folder, stdio: ['ignore', log, log] })
    closeSync(log)
    process.once('exit', () => child.kill())
    this.#running.push({ name, child })
    return child
  }

  /** Names of those that ended by themselves. */
  ended() {
    return this.#running.filter(({ child }) => child.exitCode !== null || child.signalCode).map(({ name }) => name)
  }

  async stop() {
    for (const { child } of this.#running.reverse()) {
      if (child.exitCode !== null || child.signalCode) continue
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const kill = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await gone
      clearTimeout(kill)
    }
  }
}

/** The keys that kube-controller-manager signs with, as a cluster's installer makes them. */
export function makeKeys(folder) {
  mkdirSync(folder, { recursive: true })
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  for (const name of ['ca', 'sa']) {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`)
  }
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=kubernetes', '-days', '30', '-out', 'ca.crt')
  openssl('pkey', '-in', 'sa.key', '-pubout', '-out', 'sa.pub')
  openssl('req', '-new', '-key', 'sa.key', '-subj', '/O=developers/CN=jane', '-out', 'jane.csr')
  return folder
}

/** KubEmu with the controllers that upstream lacks. Answers the kubeconfig. */
export async function startKubemu(processes, folder, { port }) {
  const kubeconfig = join(folder, 'kubeconfig')
  const where = ['--port', `${port}`, '--in-memory', '--kubeconfig', kubeconfig]
  const what = ['--nodes', '3', '--controllers', KEPT_CONTROLLERS, '--log-level', 'info']
  processes.start('kubemu', process.execPath, [CLI, 'start', ...where, ...what])
  await answers(processes, `http://127.0.0.1:${port}/readyz`)
  return kubeconfig
}

/** etcd, kube-apiserver, and KWOK as the kubelet of three nodes. Answers the kubeconfig. */
export async function startReal(processes, folder, { port, binaries, keys }) {
  const kubeconfig = join(folder, 'kubeconfig')
  const etcd = `http://127.0.0.1:${port + 1}`
  const peer = `http://127.0.0.1:${port + 2}`
  processes.start('etcd', join(binaries, 'etcd'), [
    ...['--data-dir', 'etcd', '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', etcd, '--advertise-client-urls', etcd, '--listen-peer-urls', peer],
  ])
  writeFileSync(join(folder, 'tokens.csv'), `${TOKEN},admin,admin,"system:masters"\n`)
  processes.start('kube-apiserver', join(binaries, 'kube-apiserver'), [
    ...['--etcd-servers', etcd, '--secure-port', `${port}`, '--bind-address', '127.0.0.1', '--cert-dir', 'certs'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc.cluster.local'],
    ...['--service-account-key-file', join(keys, 'sa.pub'), '--service-account-signing-key-file', join(keys, 'sa.key')],
    ...[
      '--service-cluster-ip-range',
      '10.96.0.0/16',
      '--authorization-mode',
      'RBAC',
      '--token-auth-file',
      'tokens.csv',
    ],
  ])
  writeFileSync(kubeconfig, kubeconfigText(`https://127.0.0.1:${port}`))
  await answers(processes, `https://127.0.0.1:${port}/readyz`)
  return kubeconfig
}

export function startKwok(processes, kubeconfig, { binaries, stages }) {
  processes.start('kwok', join(binaries, 'kwok'), [
    ...['--kubeconfig', kubeconfig, '--manage-all-nodes', '--config', stages],
    ...['--node-lease-duration-seconds', '40'],
  ])
}

/** kube-controller-manager and kube-scheduler, elected by Lease, with an account for each controller. */
export function startControlPlane(processes, kubeconfig, { port, binaries, keys }) {
  processes.start('kube-controller-manager', join(binaries, 'kube-controller-manager'), [
    ...['--kubeconfig', kubeconfig, '--bind-address', '127.0.0.1', '--secure-port', `${port + 3}`],
    ...['--cert-dir', 'certs-kcm', '--controllers', '*,bootstrapsigner,tokencleaner'],
    ...['--allocate-node-cidrs', '--cluster-cidr', '10.244.0.0/16', '--use-service-account-credentials'],
    ...['--root-ca-file', join(keys, 'ca.crt'), '--service-account-private-key-file', join(keys, 'sa.key')],
    ...['--cluster-signing-cert-file', join(keys, 'ca.crt'), '--cluster-signing-key-file', join(keys, 'ca.key')],
  ])
  processes.start('kube-scheduler', join(binaries, 'kube-scheduler'), [
    ...['--kubeconfig', kubeconfig, '--bind-address', '127.0.0.1', '--secure-port', `${port + 4}`],
    ...['--cert-dir', 'certs-scheduler'],
  ])
}

function kubeconfigText(server) {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'run',
    clusters: [{ name: 'run', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token: TOKEN } }],
    contexts: [{ name: 'run', context: { cluster: 'run', user: 'admin' } }],
  })
}

/** Waits until the address says ok; whose certificate it shows is not the question. */
async function answers(processes, url) {
  for (let tries = 0; tries < 600; tries++) {
    const [ended] = processes.ended()
    if (ended) throw new Error(`${ended} ended: see its log`)
    try {
      const options = ['-sk', '--max-time', '2', '-H', `Authorization: Bearer ${TOKEN}`, url]
      if (execFileSync('curl', options, { encoding: 'utf8' }) === 'ok') return
    } catch {
      // Nobody listens yet.
    }
    await sleep(100)
  }
  throw new Error(`${url} did not become ready within a minute`)
}
