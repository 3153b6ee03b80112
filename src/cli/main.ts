/** The `kubemu` command: reads the command line and hands over. Exit codes: 0 fine, 1 it failed, 2 it was asked wrongly. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { ExportFlags } from './data.ts'
import { withEtcdFlags } from './etcd-flags.ts'
import { packageVersion } from './package-version.ts'
import type { ServeFlags } from './serve.ts'
import { withTlsFlags } from './tls-flags.ts'

const program = new Command()

program
  .name('kubemu')
  .description('A Kubernetes-compatible API server emulator for testing. Real clients, no cluster.')
  .version(packageVersion(), '-V, --version')
  .enablePositionalOptions()
  .showHelpAfterError('(kubemu --help shows what there is)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  kubemu start                                    serve on 127.0.0.1:6443, state in .kubemu/cluster.json
  kubemu start --port 0 --in-memory --json        any free port, nothing on disk, one JSON line when ready
  kubemu run -- kubectl get nodes                 a cluster for one command, gone afterwards
  kubemu run --fixtures fixtures/ -- npm test     your tests against a cluster that holds your fixtures`,
  )

/** Flags that `start` and `run` share. */
function serving(command: Command): Command {
  return withTlsFlags(command)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--nodes <number>', 'emulated nodes of a new cluster', parseCount, 1)
    .option('--fixtures <path...>', 'YAML or JSON files or folders to apply at the start, in order')
    .option(
      '--stages [path...]',
      'Stages and ContainerBehaviors: what emulated objects do; without a path they are only served',
    )
    .option('--pod-manifest-path <folder>', 'static pods: the first node runs the Pods of this folder by itself')
    .option('--controllers <names>', 'which to run: a,b or -c for all but c; a wrong name lists them', '*')
    .option(
      '--scheduler-config <file>',
      'a KubeSchedulerConfiguration: names, plugins, weights and arguments of the scheduler',
    )
    .option('--no-controllers', 'run none: objects stay as they are written')
    .option('--enable-admission-plugins <names>', 'run these besides the default ones: A,B', parseNames)
    .option('--disable-admission-plugins <names>', 'run all default ones but these: A,B', parseNames)
    .option(
      '--service-address <namespace/name[:port]=host:port...>',
      'where this machine serves a Service that the API server has to call: webhooks, extension API servers',
    )
    .option(
      '--service-cluster-ip-range <cidrs>',
      'where Services get their addresses from; two of different families: A,B (default: 10.96.0.0/16)',
    )
    .option(
      '--cluster-cidr <cidrs>',
      'where nodes get their parts of the pod network from; two of different families: A,B (default: 10.244.0.0/16, fd00:10:244::/56, as Services have families)',
    )
    .addOption(
      new Option('--authorization-mode <mode>', 'who may do what: everybody everything, or by roles')
        .choices(['AlwaysAllow', 'RBAC'])
        .default('AlwaysAllow'),
    )
    .option('--max-requests-inflight <number>', 'reads answered at once, more get 429; 0: no limit', parseCount, 400)
    .option('--max-mutating-requests-inflight <number>', 'the same for writes', parseCount, 200)
    .option('--watch-history <number>', 'events kept of each resource for watches from the past', parseCount, 10_000)
    .addOption(
      new Option('--compaction-interval <duration>', 'forget history after this time; 0: never')
        .argParser(parseSeconds)
        .default(300, '5m'),
    )
    .option('--log-level <level>', 'what goes to stderr: debug, info, warn, error, silent', parseLevel, 'info')
}

withEtcdFlags(serving(program.command('start').description('Serve a cluster until interrupted')))
  .addOption(new Option('--port <number>', 'port to listen on; 0 for any free one').default(6443).argParser(parsePort))
  .addOption(new Option('--data <file>', 'keep the state in this JSON file').default('.kubemu/cluster.json'))
  .addOption(new Option('--in-memory', 'keep nothing on disk').conflicts('data'))
  .addOption(
    new Option(
      '--fsync <policy>',
      'when a write is on disk: never (survives a killed process), interval (each second), always',
    )
      .choices(['never', 'interval', 'always'])
      .default('never'),
  )
  .option('--kubeconfig <file>', 'where to write the kubeconfig', '.kubemu/kubeconfig')
  .option('--json', 'print the ready line as JSON: url, kubeconfig, pid, data')
  .action(async (flags: ServeFlags) => {
    const { start } = await import('./start.ts')
    process.exitCode = await start(flags)
  })

serving(program.command('run').description('Run a command against a cluster of its own; its exit code becomes ours'))
  .addOption(new Option('--port <number>', 'port to listen on; 0 for any free one').default(0).argParser(parsePort))
  .argument('<command...>', 'the command and its arguments, after --')
  .passThroughOptions()
  .addHelpText('after', '\nThe command finds the cluster by KUBECONFIG and KUBEMU_URL. State is in memory.')
  .action(async (command: string[], flags: ServeFlags) => {
    const { run } = await import('./run.ts')
    process.exitCode = await run(command, flags)
  })

const data = program.command('data').description('Look after a data file: what is in it, and whether it is whole')

data
  .command('check')
  .description(
    'Say what is in the file; exit code 1 and the place when it is damaged. Writes nothing, also works while a server has it open',
  )
  .argument('<file>', 'the data file, as in kubemu start --data')
  .action(async (file: string) => {
    const { check } = await import('./data.ts')
    process.exitCode = await check(file)
  })

data
  .command('compact')
  .description('Fold the journal into the snapshot, so that one file is everything')
  .argument('<file>', 'the data file')
  .action(async (file: string) => {
    const { compact } = await import('./data.ts')
    process.exitCode = await compact(file)
  })

data
  .command('export')
  .description('Write the objects that people made to stdout, as a fixture for kubemu start --fixtures')
  .argument('<file>', 'the data file')
  .addOption(new Option('-o, --output <format>', 'yaml, or a List in json').choices(['yaml', 'json']).default('yaml'))
  .option('--resource <names>', 'only these: pods,deployments.apps', parseNames)
  .option('-n, --namespace <name>', 'only what is in this namespace')
  .option('--all', 'also what the control plane makes by itself: for a cluster with --no-controllers')
  .action(async (file: string, flags: ExportFlags) => {
    const { exportFixture } = await import('./data.ts')
    process.exitCode = await exportFixture(file, flags)
  })

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`kubemu: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
})

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It is a number, 0 or more.')
  return Number(text)
}

/** A duration as Kubernetes writes it: 30s, 5m. */
function parseSeconds(text: string): number {
  if (text === '0') return 0
  const match = /^(\d+)(s|m|h)$/.exec(text)
  if (!match) throw new InvalidArgumentError('It is a duration: 30s, 5m, 1h, or 0.')
  return Number(match[1]) * { s: 1, m: 60, h: 3600 }[match[2] as 's' | 'm' | 'h']
}

/** Given twice, both count, as on kube-apiserver. */
function parseNames(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').filter(Boolean)]
}

function parseLevel(text: string): string {
  const levels = ['debug', 'info', 'warn', 'error', 'silent']
  if (!levels.includes(text)) throw new InvalidArgumentError(`It is one of ${levels.join(', ')}.`)
  return text
}
