/** The `kubernetes` Service, where it leads, and the address range it is from. Mirrors pkg/controlplane/controller/kubernetesservice and defaultservicecidr. */
import { formatTime } from '../../apimachinery/clock.ts'
import { type Cidr, formatCidr, formatIp, parseCidr } from '../../apimachinery/ip.ts'
import type { BootstrapObject, BootstrapOptions } from './bootstrap-object.ts'

/** ServiceCIDR, Service (its creation takes the IPAddress), Endpoints, EndpointSlice. */
export function kubernetesServiceObjects(options: BootstrapOptions): BootstrapObject[] {
  const ranges = options.serviceCidr.split(',').map((text) => formatCidr(parseCidr(text) as Cidr))
  const clusterIP = firstAddress(ranges[0])
  const port = { name: 'https', protocol: 'TCP', port: options.securePort }
  return [
    serviceCidr(ranges, options.now),
    service(clusterIP, options.securePort),
    {
      resource: 'endpoints',
      object: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: {
          name: 'kubernetes',
          namespace: 'default',
          labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
        },
        subsets: [{ addresses: [{ ip: options.advertiseAddress }], ports: [port] }],
      },
    },
    {
      resource: 'endpointslices.discovery.k8s.io',
      object: {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
        addressType: family(options.advertiseAddress),
        endpoints: [{ addresses: [options.advertiseAddress], conditions: { ready: true } }],
        ports: [port],
      },
    },
  ]
}

function serviceCidr(cidrs: string[], now: number): BootstrapObject {
  return {
    resource: 'servicecidrs.networking.k8s.io',
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs },
    },
    // Single stack becomes dual stack.
    upgraded(present) {
      const before: string[] = present['spec'].cidrs
      const isSecondNew = cidrs.length === 2 && before.length === 1 && before[0] === cidrs[0]
      return isSecondNew ? { ...present, spec: { cidrs } } : undefined
    },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastTransitionTime: formatTime(now),
          reason: '',
          message: 'Kubernetes default Service CIDR is ready',
        },
      ],
    },
  }
}

function service(clusterIP: string, securePort: number): BootstrapObject {
  return {
    resource: 'services',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: securePort }],
        clusterIP,
        clusterIPs: [clusterIP],
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilies: [family(clusterIP)],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
    },
  }
}

const family = (address: string): 'IPv4' | 'IPv6' => (address.includes(':') ? 'IPv6' : 'IPv4')

/** The network address plus one: `10.96.0.0/12` gives `10.96.0.1`, `fd00::/108` gives `fd00::1`. */
export function firstAddress(cidr: string): string {
  const { network } = parseCidr(cidr) as Cidr
  return formatIp({ ...network, bits: network.bits + 1n })
}
