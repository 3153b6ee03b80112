/** The flags of `--storage etcd`: kube-apiserver's own, with user and password as etcdctl has them. */
import { type Command, Option } from 'commander'
import type { EtcdClusterOptions } from '../index.ts'
import { UsageError } from './usage-error.ts'

export interface EtcdFlags {
  storage?: 'file' | 'etcd'
  etcdEndpoints?: string
  etcdPrefix?: string
  etcdCafile?: string
  etcdCertfile?: string
  etcdKeyfile?: string
  etcdUsername?: string
  etcdPassword?: string
}

export function withEtcdFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--storage <engine>', 'where the state is: a JSON file, or an etcd that several processes may share')
        .choices(['file', 'etcd'])
        .default('file'),
    )
    .option('--etcd-endpoints <urls>', "etcd's members: http://127.0.0.1:2379,...")
    .option('--etcd-prefix <path>', 'keys of the cluster in etcd are under it (default: "/registry")')
    .option('--etcd-cafile <file>', "PEM: who signed etcd's certificate")
    .option('--etcd-certfile <file>', 'PEM: certificate to show to etcd')
    .option('--etcd-keyfile <file>', 'PEM: its key')
    .addOption(new Option('--etcd-username <name>', "etcd's user").env('KUBEMU_ETCD_USERNAME'))
    .addOption(new Option('--etcd-password <password>', "the user's password").env('KUBEMU_ETCD_PASSWORD'))
}

/** Undefined when the state is not in etcd. Throws UsageError where one flag needs or excludes another. */
export function etcdOf(flags: EtcdFlags & { data?: string; inMemory?: boolean }): EtcdClusterOptions | undefined {
  const { etcdEndpoints, etcdPrefix, etcdCafile, etcdCertfile, etcdKeyfile, etcdUsername, etcdPassword } = flags
  if (flags.storage !== 'etcd') {
    const given = [etcdEndpoints, etcdPrefix, etcdCafile, etcdCertfile, etcdKeyfile]
    if (given.some((flag) => flag !== undefined)) throw new UsageError('--etcd-... flags are for --storage etcd')
    return undefined
  }
  if (flags.inMemory)
    throw new UsageError('--in-memory keeps the state in this process, --storage etcd in etcd: choose one')
  if (etcdEndpoints === undefined) {
    throw new UsageError('--storage etcd needs --etcd-endpoints, such as http://127.0.0.1:2379')
  }
  return {
    endpoints: etcdEndpoints.split(',').filter(Boolean),
    prefix: etcdPrefix,
    caFile: etcdCafile,
    certFile: etcdCertfile,
    keyFile: etcdKeyfile,
    username: etcdUsername,
    password: etcdPassword,
  }
}
