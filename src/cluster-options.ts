/** What a cluster is made with and what it can do: the types of createCluster, and the check of its options. */

import type { RequestListener } from 'node:http'
import type { Clock } from './apimachinery/clock.ts'
import type { Logger } from './apimachinery/logger.ts'
import type { KubeObject } from './apimachinery/meta.ts'
import { isPodCidr, isServiceCidr, leavesRoom, networksOf } from './cluster-networks.ts'
import type { Client } from './controllers/client.ts'
import type { AuthorizationMode } from './registry/authorization/authorizer.ts'
import type { ServiceAddresses } from './registry/core/service-endpoint.ts'

/** How to make a cluster. Everything has a default that suits a test. */
export interface ClusterOptions {
  /** YAML or JSON files, or folders of them, applied in order before the cluster is handed over. */
  fixtures?: string | readonly string[]
  /**
   * What emulated objects do: files or folders of Stages and ContainerBehaviors, applied before all else. True: none yet, but they are served. Also
   * served when a fixture is one.
   */
  stages?: boolean | string | readonly string[]
  /** A folder of Pods that the first node runs by itself, as kubelets do: static pods. Changes of its files are followed. */
  staticPodPath?: string
  /** Keep the cluster's state in this JSON file; default: in memory. */
  data?: string
  /**
   * Keep the cluster's state in this etcd, which several processes may share: each serves the same cluster, one of them runs the controllers.
   * `settle` waits for the work of this process, `reset` is for all of them.
   */
  etcd?: EtcdClusterOptions
  /** When a write counts as durable in the data file; default `never`: safe against a killed process, not a lost machine. */
  fsync?: 'never' | 'interval' | 'always'
  /** Emulated nodes `node-1` to `node-N`, made when the cluster is new; default 1. */
  nodes?: number
  /** False: none. A list as of `--controllers`: `['deployment', 'replicaset']`, `['*', '-kubelet']`. Default: all. */
  controllers?: boolean | readonly string[]
  /**
   * A KubeSchedulerConfiguration, as an object or as the text of its YAML: profiles with their names, plugins, weights and arguments. Default:
   * kube-scheduler's.
   */
  schedulerConfiguration?: string | object
  /** Time; default: the machine's. */
  clock?: Clock
  /** Makes uids, name suffixes and jitter the same in every run. */
  seed?: number
  /** Where the server and the controllers say what goes wrong; default: nowhere. */
  logger?: Logger
  /** Admission plug-ins that are off by default, by upstream's names. */
  enableAdmissionPlugins?: readonly string[]
  /** Admission plug-ins to leave out, by upstream's names. */
  disableAdmissionPlugins?: readonly string[]
  /** Events kept of each resource for watches from the past; default 10,000. */
  watchHistory?: number
  /** Seconds after which history is forgotten, as etcd's is by a kube-apiserver; default 300. 0: never. */
  compactionInterval?: number
  /** `RBAC`: roles and bindings decide, as on a cluster; clients without a token stay the admin. Default `AlwaysAllow`. */
  authorizationMode?: AuthorizationMode
  /** Reads that are answered at once, watches aside; more get 429 and `Retry-After: 1`. Default 400; 0: no limit. */
  maxRequestsInFlight?: number
  /** The same for writes; default 200. */
  maxMutatingRequestsInFlight?: number
  /**
   * Where Services get their addresses from; default `10.96.0.0/16`. With a second range, of the other family, there are dual-stack Services:
   * `10.96.0.0/16,fd00:10:96::/112`.
   */
  serviceCidr?: string
  /**
   * Where pods get their addresses from, each node's from a part of it: a /24 in IPv4, a /64 in IPv6. Nodes and pods have addresses of its families, in
   * their order: `10.244.0.0/16,fd00:10:244::/56`. Default: of each family that Services have such a network.
   */
  podCidr?: string
  /**
   * Where this machine serves what Services of the cluster stand for, so that webhooks and extension API servers can be called:
   * `{'default/webhook:443': '127.0.0.1:9443'}`, or a function of the same. Without a port in the key: every port.
   */
  serviceAddresses?: Readonly<Record<string, string>> | ServiceAddresses
}

/** An etcd, 3.4 or later, in the words of kube-apiserver's flags. */
export interface EtcdClusterOptions {
  /** URLs of its members: `['http://127.0.0.1:2379']`. */
  endpoints: readonly string[]
  /** All keys are under it; default `/registry`. */
  prefix?: string
  /** PEM file with who may have signed etcd's certificate; default: what Node trusts. */
  caFile?: string
  /** PEM file of a client certificate, for an etcd that asks for one. */
  certFile?: string
  /** PEM file of its key. */
  keyFile?: string
  /** User of an etcd with authentication. */
  username?: string
  /** That user's password. */
  password?: string
}

/** Where to serve. */
export interface ListenOptions {
  /** Default 0: any free port. */
  port?: number
  /** Default 127.0.0.1. */
  host?: string
  /** HTTPS: `true` with a certificate of the cluster's own authority, or with yours. Default: plain HTTP. */
  tls?: boolean | TlsOptions
}

/** What an HTTPS server shows, and whom it believes. PEM texts. */
export interface TlsOptions {
  /** Its certificate, with those between it and its authority; default: one of the cluster's own authority. */
  cert?: string
  /** The key of `cert`. */
  key?: string
  /** The authority whose client certificates say who a client is; default: the cluster's own. */
  clientCa?: string
}

/** A cluster: an API server with its state and controllers. Answers requests only after `listen` (or through `app`). */
export interface Cluster extends AsyncDisposable {
  /** In-process client with admin rights: the writes of any HTTP client, without HTTP. */
  readonly client: Client
  /** Answers HTTP requests without a port, for supertest: `request(cluster.app).get('/version')`. */
  readonly app: RequestListener
  /** Where it listens, or undefined before `listen`. */
  readonly url: string | undefined
  /** Starts to serve; answers the URL. Rejects when the port is taken. A second call answers the same URL. */
  listen(options?: ListenOptions): Promise<string>
  /** The text of a kubeconfig for this cluster. Throws before `listen`. */
  kubeconfig(): string
  /** Creates or updates objects, given as YAML or JSON text (several documents, Lists) or as objects, in order. */
  apply(manifest: string | KubeObject | readonly KubeObject[]): Promise<KubeObject[]>
  /** Resolves when no work is left: every controller's queue is empty and has seen every change. */
  settle(): Promise<void>
  /**
   * The node's kubelet falls silent, as if the machine had lost its power: no leases, and nothing happens to its pods. The same as
   * `kubectl annotate node NAME kubemu.dev/kubelet=stopped`. Resolves when all has settled. Rejects when there is no such node.
   */
  stopNode(name: string): Promise<void>
  /** The kubelet of a stopped node is back. */
  startNode(name: string): Promise<void>
  /** Back to the state in which `createCluster` handed it over. Watches are told that they expired; revisions go on rising. */
  reset(): Promise<void>
  /** Forgets all history now: watches from the past, old lists and continue tokens get 410 Expired. Watches that kept up go on. */
  compact(): void
  /** Ends watches, stops controllers, closes storage. Idempotent. */
  close(): Promise<void>
}

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isOneOf =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value)
const isAny = (): boolean => true
const ETCD_TEXTS = ['prefix', 'caFile', 'certFile', 'keyFile', 'username', 'password']

function isEtcd(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { endpoints, ...texts } = value as Record<string, unknown>
  const isList = Array.isArray(endpoints) && endpoints.length > 0 && endpoints.every((url) => typeof url === 'string')
  return (
    isList &&
    Object.entries(texts).every(
      ([name, text]) => ETCD_TEXTS.includes(name) && (text === undefined || typeof text === 'string'),
    )
  )
}

/** What each option may be, and the words for it. Options whose readers complain by themselves may be anything here. */
const OPTIONS: Record<keyof ClusterOptions, { is: (value: unknown) => boolean; words: string }> = {
  fixtures: {
    is: (value) => [value].flat().every((path) => typeof path === 'string'),
    words: 'a path or a list of them',
  },
  stages: {
    is: (value) => typeof value === 'boolean' || [value].flat().every((path) => typeof path === 'string'),
    words: 'true, a path or a list of them',
  },
  staticPodPath: { is: (value) => typeof value === 'string', words: 'the path of a folder' },
  data: { is: (value) => typeof value === 'string' && value !== '', words: 'the path of a file' },
  etcd: {
    is: isEtcd,
    words: '{endpoints: [...]}, with prefix, caFile, certFile, keyFile, username and password as texts',
  },
  fsync: { is: isOneOf('never', 'interval', 'always'), words: 'never, interval or always' },
  nodes: { is: isCount, words: 'a number, 0 or more' },
  controllers: {
    is: (value) => typeof value === 'boolean' || Array.isArray(value),
    words: 'true, false or a list of names',
  },
  schedulerConfiguration: { is: isAny, words: '' },
  clock: { is: isAny, words: '' },
  seed: { is: (value) => typeof value === 'number', words: 'a number' },
  logger: { is: isAny, words: '' },
  enableAdmissionPlugins: { is: Array.isArray, words: 'a list of names' },
  disableAdmissionPlugins: { is: Array.isArray, words: 'a list of names' },
  watchHistory: { is: isCount, words: 'a number, 0 or more' },
  compactionInterval: {
    is: (value) => typeof value === 'number' && value >= 0,
    words: 'a number of seconds, 0 or more',
  },
  maxRequestsInFlight: { is: isCount, words: 'a number, 0 or more' },
  maxMutatingRequestsInFlight: { is: isCount, words: 'a number, 0 or more' },
  authorizationMode: { is: isOneOf('AlwaysAllow', 'RBAC'), words: 'AlwaysAllow or RBAC' },
  serviceCidr: {
    is: isServiceCidr,
    words: 'a network of at least 8 addresses such as 10.96.0.0/16, or two of different families and a comma between',
  },
  podCidr: {
    is: isPodCidr,
    words:
      'a network such as 10.244.0.0/16 (in IPv4 up to /24, in IPv6 /48 to /64), or two of different families and a comma between',
  },
  serviceAddresses: { is: isAny, words: '' },
}

/** What an option has to be, where this value is not. */
export function optionProblem(name: keyof ClusterOptions, value: unknown): string | undefined {
  const { is, words } = OPTIONS[name]
  return value === undefined || is(value) ? undefined : `${words}, not ${JSON.stringify(value)}`
}

/** Throws a TypeError for the first option that does not exist or has no such value: a slip would make another cluster than was asked for. */
export function requireOptions(options: ClusterOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new TypeError(`createCluster has no option "${name}"; there are: ${Object.keys(OPTIONS).join(', ')}`)
    }
    if (options.data !== undefined && options.etcd !== undefined) {
      throw new TypeError('createCluster: data and etcd are two places for the same state: choose one')
    }
    const problem = optionProblem(name as keyof ClusterOptions, value)
    if (problem) throw new TypeError(`createCluster: ${name} is ${problem}`)
  }
  const networks = networksOf(options)
  if (!leavesRoom(networks)) {
    throw new TypeError(
      `createCluster: serviceCidr ${networks.serviceCidr} leaves nothing of podCidr ${networks.podCidr}`,
    )
  }
}
