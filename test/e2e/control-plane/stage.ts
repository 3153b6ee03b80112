/** A cluster whose time the test moves, and a kubectl whose commands and answers are written down as a person would see them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Cluster, createCluster, ManualClock } from '../../../src/index.ts'
import { type Binary, type Kubectl, kubectlFor, type Result } from '../kubectl/kubectl.ts'

/** While a command waits a second of the cluster passes in this many milliseconds. */
const SECOND_MS = 20
/** Longer than all that passes in the script. */
const HEAD_START_MS = 90 * 60_000

export interface Shell {
  /** Runs a command line (words are separated by spaces, quotes keep them together); answers what it printed. Throws when it fails. */
  $(command: string, input?: string): Promise<string>
  /** The same for one that has to fail. */
  fails(command: string): Promise<string>
  /** Lets time pass in the cluster. */
  later(seconds: number): Promise<void>
  /** A node's kubelet falls silent, or starts again. */
  node(name: string, what: 'stops' | 'starts'): Promise<void>
  /** Writes a manifest into the folder of static pods, or removes it. */
  manifest(file: string, text: string | undefined): Promise<void>
  /** All commands and what they printed so far. */
  transcript(): string
}

export interface Stage {
  readonly cluster: Cluster
  shell(namespace: string): Promise<Shell>
  close(): Promise<void>
}

/** A cluster of three nodes that listens. */
export async function openStage(binary: Binary): Promise<Stage> {
  // Behind kubectl's own clock, which ages are counted from; the cluster's runs ahead of it.
  const clock = new ManualClock(Date.now() - HEAD_START_MS)
  const folder = await mkdtemp(join(tmpdir(), 'kubemu-control-plane-'))
  const staticPodPath = join(folder, 'manifests')
  await mkdir(staticPodPath)
  const cluster = await createCluster({ nodes: 3, clock, seed: 1, staticPodPath })
  await cluster.listen()
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 })

  async function later(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed++) {
      clock.advance(1000)
      await cluster.settle()
    }
  }

  /** A command may wait for what takes time in the cluster. */
  async function whileTimePasses<T>(work: Promise<T>): Promise<T> {
    let done = false
    const result = work.finally(() => {
      done = true
    })
    result.catch(() => {})
    while (!done) {
      await pause(SECOND_MS)
      if (!done) await later(1)
    }
    return result
  }

  return {
    cluster,
    async shell(namespace) {
      const kubectl = kubectlFor(binary, { kubeconfig, folder }, namespace)
      await kubectl('create', 'namespace', namespace)
      await cluster.settle()
      return shellOf(kubectl, { cluster, staticPodPath }, whileTimePasses, later)
    },
    async close() {
      await cluster.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function shellOf(
  kubectl: Kubectl,
  { cluster, staticPodPath }: { cluster: Cluster; staticPodPath: string },
  whileTimePasses: <T>(work: Promise<T>) => Promise<T>,
  later: (seconds: number) => Promise<void>,
): Shell {
  const lines: string[] = []
  const run = async (command: string, input?: string): Promise<Result> => {
    const result = await whileTimePasses(kubectl.run(words(command), input === undefined ? {} : { input }))
    lines.push(`$ kubectl ${command}`, ...(result.stdout + result.stderr).trimEnd().split('\n'))
    return result
  }
  const transcript = (): string => `${lines.join('\n')}\n`
  return {
    async $(command, input) {
      const { stdout, stderr, code } = await run(command, input)
      if (code !== 0) throw new Error(`kubectl ${command} failed: ${stderr}\n${transcript()}`)
      return stdout
    },
    async fails(command) {
      const { stdout, stderr, code } = await run(command)
      if (code === 0) throw new Error(`kubectl ${command} should fail, but: ${stdout}\n${transcript()}`)
      return stdout + stderr
    },
    async later(seconds) {
      lines.push(`# ${seconds} seconds later`)
      await later(seconds)
    },
    async manifest(file, text) {
      lines.push(
        `# ${file} ${text === undefined ? 'is removed from' : 'is written to'} the folder of manifests of node-1`,
      )
      const path = join(staticPodPath, file)
      await (text === undefined ? rm(path) : writeFile(path, text))
      await later(21)
    },
    async node(name, what) {
      lines.push(`# ${name} ${what}`)
      await (what === 'stops' ? cluster.stopNode(name) : cluster.startNode(name))
    },
    transcript,
  }
}

function words(command: string): string[] {
  return [...command.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
}
