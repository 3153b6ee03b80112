/** The `kubernetes` Service, where it leads, and the address range it is from. Mirrors pkg/controlplane/controller/kubernetesservice and defaultservicecidr. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { BootstrapObject, BootstrapOptions } from './bootstrap-object.ts'

/** ServiceCIDR, Service (its creation takes the IPAddress), Endpoints, EndpointSlice. */
export function kubernetesServiceObjects(options: BootstrapOptions): BootstrapObject[] {
  const clusterIP = firstAddress(options.serviceCidr)
  const port = { name: 'https', protocol: 'TCP', port: options.securePort }
  return [
    serviceCidr(options),
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

function serviceCidr(options: BootstrapOptions): BootstrapObject {
  return {
    resource: 'servicecidrs.networking.k8s.io',
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name: 'kubernetes' },
      spec: { cidrs: [options.serviceCidr] },
    },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastTransitionTime: formatTime(options.now),
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
  const slash = cidr.indexOf('/')
  const address = cidr.slice(0, slash)
  if (address.includes(':')) return address.endsWith('::') ? `${address}1` : address.replace(/:0$/, ':1')
  const bits = Number(cidr.slice(slash + 1))
  const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const size = 2 ** (32 - bits)
  const first = Math.floor(number / size) * size + 1
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')
}
