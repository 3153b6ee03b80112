// What happens to a cluster in a run: rounds of the same steps, each in a namespace of its own.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODES = ['node-1', 'node-2', 'node-3']
const CLUSTER = fileURLToPath(new URL('cluster.yaml', import.meta.url))
const WORKLOADS = fileURLToPath(new URL('workloads.yaml', import.meta.url))
const GUESTBOOK = fileURLToPath(new URL('../../fixtures/guestbook.yaml', import.meta.url))
const PATIENCE = '--timeout=90s'
const VOLUMES_PER_ROUND = 8

/** Answers how many rounds were played, and the commands that failed with what they said. */
export async function playRounds(kubectl, { until, keys, nodes }) {
  const failures = []
  const must = async (args, input) => {
    const { code, said } = await kubectl(args, input)
    if (code !== 0) failures.push(`kubectl ${args.join(' ')}: ${said.trim()}`)
    return said
  }
  if (nodes) await must(['apply', '-f', '-'], NODES.map(nodeManifest).join('---\n'))
  await must(['wait', '--for=condition=Ready', 'nodes', '--all', PATIENCE])
  await must(['apply', '-f', CLUSTER])
  await must(['wait', '--for=condition=Established', 'crd/issuers.pki.example.com', PATIENCE])
  let rounds = 0
  do {
    rounds++
    await playRound(must, rounds, keys)
  } while (Date.now() < until && failures.length < 20)
  return { rounds, failures }
}

/** A runner of kubectl that never rejects. */
export function kubectlOf(binaries, kubeconfig) {
  return (args, input) =>
    new Promise((resolve) => {
      const child = execFile(
        join(binaries, 'kubectl'),
        ['--kubeconfig', kubeconfig, ...args],
        { timeout: 150_000, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => resolve({ code: error ? 1 : 0, said: error ? stderr || error.message : stdout }),
      )
      // A command that reads nothing may be over before it is written to.
      child.stdin.on('error', () => {})
      child.stdin.end(input ?? '')
    })
}

async function playRound(must, number, keys) {
  const namespace = `round-${number}`
  const here = (...args) => must(['-n', namespace, ...args])
  await must(['apply', '-f', '-'], volumes(number))
  await must(['create', 'namespace', namespace])
  await here('wait', '--for=create', 'serviceaccount/default', PATIENCE)
  await here('apply', '-f', GUESTBOOK, '-f', WORKLOADS)
  await running(here)
  await certificate(must, namespace, keys)
  await change(here)
  await nodeGoes(must, here)
  await must(['delete', 'namespace', namespace, PATIENCE])
  await must(['delete', 'pv', '-l', `round=${number}`, PATIENCE])
}

async function running(here) {
  // First: its time to live is short.
  await here('wait', '--for=condition=Complete', 'job/once', PATIENCE)
  for (const name of ['frontend', 'redis-leader', 'redis-follower']) {
    await here('rollout', 'status', `deployment/${name}`, PATIENCE)
  }
  await here('rollout', 'status', 'statefulset/store', PATIENCE)
  await here('rollout', 'status', 'daemonset/agent', PATIENCE)
  await here('wait', '--for=jsonpath={.status.readyReplicas}=2', 'rc/legacy', PATIENCE)
  await here('wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/data-store-2', PATIENCE)
  await here('wait', '--for=jsonpath={.data.token}', 'secret/robot-token', PATIENCE)
  await here('wait', '--for=jsonpath={.status.used.pods}', 'quota/everything', PATIENCE)
  await here('wait', '--for=jsonpath={.status.expectedPods}=3', 'pdb/frontend', PATIENCE)
}

async function certificate(must, name, keys) {
  const request = readFileSync(join(keys, 'jane.csr')).toString('base64')
  const spec = { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] }
  const csr = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec }
  await must(['apply', '-f', '-'], JSON.stringify(csr))
  await must(['certificate', 'approve', name])
  await must(['wait', '--for=jsonpath={.status.certificate}', `csr/${name}`, PATIENCE])
  await must(['delete', 'csr', name])
}

/** New images, other sizes, an undo, an expansion of nothing, a pod that somebody deletes. */
async function change(here) {
  await here('set', 'image', 'deployment/frontend', '*=registry.example.com/frontend:2')
  await here('set', 'image', 'statefulset/store', '*=registry.example.com/store:2')
  await here('set', 'image', 'daemonset/agent', '*=registry.example.com/agent:2')
  await here('rollout', 'status', 'deployment/frontend', PATIENCE)
  await here('rollout', 'status', 'statefulset/store', PATIENCE)
  await here('rollout', 'status', 'daemonset/agent', PATIENCE)
  await here('rollout', 'undo', 'deployment/frontend')
  await here('scale', 'deployment/redis-follower', '--replicas=4')
  await here('scale', 'statefulset/store', '--replicas=2')
  await here('delete', 'pod', 'store-0', PATIENCE)
  await here('rollout', 'status', 'deployment/frontend', PATIENCE)
  await here('rollout', 'status', 'deployment/redis-follower', PATIENCE)
  await here('rollout', 'status', 'statefulset/store', PATIENCE)
  await here('delete', 'deployment', 'redis-leader', '--cascade=foreground', PATIENCE)
  await here('delete', 'rc', 'legacy', '--cascade=orphan', PATIENCE)
  await here('create', 'token', 'robot')
}

/** A node is drained and comes back; another one is tainted, and its pods move. */
async function nodeGoes(must, here) {
  await must(['cordon', 'node-1'])
  await must(['taint', 'node', 'node-2', 'out=now:NoExecute'])
  await here('rollout', 'status', 'deployment/frontend', PATIENCE)
  await here('rollout', 'status', 'statefulset/store', PATIENCE)
  await must(['taint', 'node', 'node-2', 'out=now:NoExecute-'])
  await must(['uncordon', 'node-1'])
  await here('rollout', 'status', 'daemonset/agent', PATIENCE)
}

const nodeManifest = (name) => `apiVersion: v1
kind: Node
metadata:
  name: ${name}
  labels: {kubernetes.io/hostname: ${name}, kubernetes.io/os: linux, kubernetes.io/arch: amd64}
`

function volumes(round) {
  return Array.from(
    { length: VOLUMES_PER_ROUND },
    (_, index) => `apiVersion: v1
kind: PersistentVolume
metadata: {name: disk-${round}-${index}, labels: {round: '${round}'}}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: manual
  hostPath: {path: /disks/${round}/${index}}
`,
  ).join('---\n')
}
