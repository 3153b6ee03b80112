/** The networks of Services and of pods: what they are where nobody says it, and what they may be. Mirrors cmd/kube-controller-manager/app/core.go (validateCIDRs). */
import { type Cidr, overlap, parseCidr } from './apimachinery/ip.ts'
import { cidrSets, partsProblem } from './controllers/cidr-set.ts'
import { familiesOf, nodeAddresses } from './controllers/kubelet/addresses.ts'

/** Each of one network, or of two of different families with a comma between. */
export interface Networks {
  serviceCidr: string
  podCidr: string
}

const DEFAULT_SERVICE_CIDR = '10.96.0.0/16'
/** Of each the first that holds no address of Services. */
const DEFAULT_POD_CIDRS = {
  4: ['10.244.0.0/16', '172.20.0.0/16'],
  6: ['fd00:10:244::/56', '2001:db8:244::/56'],
} as const
/** Eight addresses. */
const MIN_SERVICE_BITS = 3

/** What the options say; pods have the families of Services where nobody says others. */
export function networksOf({ serviceCidr = DEFAULT_SERVICE_CIDR, podCidr }: Partial<Networks>): Networks {
  return { serviceCidr, podCidr: podCidr ?? serviceCidr.split(',').map(defaultBeside).join() }
}

function defaultBeside(serviceCidr: string): string {
  const services = parseCidr(serviceCidr) as Cidr
  const candidates = DEFAULT_POD_CIDRS[services.ip.writtenAs]
  return candidates.find((text) => !overlap(parseCidr(text) as Cidr, services)) ?? candidates[0]
}

/** As kube-apiserver's `--service-cluster-ip-range`. */
export function isServiceCidr(value: unknown): boolean {
  return areNetworks(
    value,
    ({ ip, prefixLength }) => (ip.writtenAs === 4 ? 32 : 128) - prefixLength >= MIN_SERVICE_BITS,
  )
}

/** As kube-controller-manager's `--cluster-cidr`. */
export function isPodCidr(value: unknown): boolean {
  return areNetworks(value, (network) => partsProblem(network) === undefined)
}

/** Whether a node can get a part of the pod network that holds no address of Services. */
export function leavesRoom(networks: Networks): boolean {
  return cidrSets(networks.podCidr, networks.serviceCidr).every((set) => set.allocate() !== undefined)
}

/** Where pods would reach the API server: an address of the Services' first family. */
export function advertised({ serviceCidr }: Pick<Networks, 'serviceCidr'>): { address: string; port: number } {
  return { address: nodeAddresses(familiesOf(serviceCidr), 0)[0], port: 6443 }
}

function areNetworks(value: unknown, is: (network: Cidr) => boolean): boolean {
  if (typeof value !== 'string') return false
  const networks = value.split(',').map(parseCidr)
  return (
    networks.length <= 2 &&
    networks.every((network) => network !== undefined && is(network)) &&
    networks[0]?.ip.writtenAs !== networks[1]?.ip.writtenAs
  )
}
