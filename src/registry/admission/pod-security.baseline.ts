/** The checks of the baseline level. Mirrors k8s.io/pod-security-admission/policy/check_*.go. */
import { quote } from '../../apimachinery/go-text.ts'
import type { LifecycleHandler, Probe, SELinuxOptions } from '../../types/core-v1.ts'
import {
  type AnyContainer,
  type CheckPod,
  containersOf,
  hasUserNamespace,
  namedContainers,
  type PodSecurityCheck,
  plural,
  quoted,
  settersOf,
  sorted,
  unless,
} from './pod-security.outcome.ts'
import { seccompAnnotations, seccompProfile } from './pod-security.seccomp.ts'

const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/'
const APP_ARMOR_TYPES = new Set(['RuntimeDefault', 'Localhost'])

const appArmorProfile: CheckPod = ({ spec, annotations }) => {
  const isBad = (type: string | undefined): type is string => type !== undefined && !APP_ARMOR_TYPES.has(type)
  const ofPod = spec.securityContext?.appArmorProfile?.type
  const typeOf = (container: AnyContainer): string | undefined => container.securityContext?.appArmorProfile?.type
  const bad = containersOf(spec).filter((container) => isBad(typeOf(container)))
  const values = sorted([ofPod, ...bad.map(typeOf)].filter(isBad))
  const setters = settersOf(isBad(ofPod), bad)
  const forbidden = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR_ANNOTATION) && !allowedAppArmorAnnotation(value))
    .map(([key, value]) => `${key}=${quote(value)}`)
  if (forbidden.length > 0) {
    values.push(...forbidden.sort())
    setters.push(plural('annotation', 'annotations', forbidden.length))
  }
  if (setters.length === 0) return undefined
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${setters.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const allowedAppArmorAnnotation = (value: string): boolean =>
  value === '' || value === 'runtime/default' || value.startsWith('localhost/')

const DEFAULT_CAPABILITIES = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
])

const capabilities: CheckPod = ({ spec }) => {
  const addedTo = (container: AnyContainer): string[] =>
    (container.securityContext?.capabilities?.add ?? []).filter((name) => !DEFAULT_CAPABILITIES.has(name))
  const bad = containersOf(spec).filter((container) => addedTo(container).length > 0)
  if (bad.length === 0) return undefined
  const added = quoted(sorted(bad.flatMap(addedTo)))
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(bad)} must not include ${added} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: CheckPod = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field])
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') }
}

const hostPathVolumes: CheckPod = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name)
  if (names.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` }
}

const hostPorts: CheckPod = ({ spec }) => {
  const portsOf = ({ ports }: AnyContainer): string[] =>
    (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
  const bad = containersOf(spec).filter((container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = sorted(bad.flatMap(portsOf))
  const what = `${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`
  return { reason: 'hostPort', detail: `${namedContainers(bad)} ${plural('uses', 'use', bad.length)} ${what}` }
}

const probeHosts: CheckPod = ({ spec }) => {
  const hostsOf = (container: AnyContainer): string[] => {
    const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
    const handlers: (Probe | LifecycleHandler | undefined)[] = [livenessProbe, readinessProbe, startupProbe]
    handlers.push(lifecycle?.postStart, lifecycle?.preStop)
    return handlers.flatMap((it) =>
      [it?.httpGet?.host, it?.tcpSocket?.host].filter((host) => host !== undefined && host !== ''),
    ) as string[]
  }
  const bad = containersOf(spec).filter((container) => hostsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const hosts = sorted(bad.flatMap(hostsOf))
  const names = sorted(bad.map(({ name }) => name))
  const who = `${plural('container', 'containers', names.length)} ${quoted(names)} ${plural('uses', 'use', names.length)}`
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length)
  return { reason: 'probe or lifecycle host', detail: `${who} ${what} ${quoted(hosts)}` }
}

const privileged: CheckPod = ({ spec }) => {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.privileged)
  if (bad.length === 0) return undefined
  return { reason: 'privileged', detail: `${namedContainers(bad)} must not set securityContext.privileged=true` }
}

export const procMount: CheckPod = ({ spec }) => {
  const mountOf = (container: AnyContainer): string => container.securityContext?.procMount ?? 'Default'
  const bad = containersOf(spec).filter((container) => mountOf(container) !== 'Default')
  if (bad.length === 0) return undefined
  const types = quoted(sorted(bad.map(mountOf)))
  return { reason: 'procMount', detail: `${namedContainers(bad)} must not set securityContext.procMount to ${types}` }
}

const SE_LINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t']

const seLinuxOptions =
  (types: readonly string[]): CheckPod =>
  ({ spec }) => {
    const isBad = (options: SELinuxOptions | undefined): options is SELinuxOptions =>
      options !== undefined && Boolean(!types.includes(options.type ?? '') || options.user || options.role)
    const ofPod = spec.securityContext?.seLinuxOptions
    const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions))
    const setters = settersOf(isBad(ofPod), bad)
    if (setters.length === 0) return undefined
    const options = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad)
    const badTypes = sorted(options.map(({ type = '' }) => type).filter((type) => !types.includes(type)))
    const wrong = [
      ...(badTypes.length > 0 ? [`${plural('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
      ...(options.some(({ user }) => user) ? ['user may not be set'] : []),
      ...(options.some(({ role }) => role) ? ['role may not be set'] : []),
    ]
    const detail = `${setters.join(' and ')} set forbidden securityContext.seLinuxOptions: ${wrong.join('; ')}`
    return { reason: 'seLinuxOptions', detail }
  }

const IPV4 = (names: readonly string[]): string[] => names.map((name) => `net.ipv4.${name}`)
const SYSCTLS_0 = [
  'kernel.shm_rmid_forced',
  ...IPV4(['ip_local_port_range', 'tcp_syncookies', 'ping_group_range', 'ip_unprivileged_port_start']),
]
const SYSCTLS_27 = [...SYSCTLS_0, ...IPV4(['ip_local_reserved_ports'])]
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  ...IPV4(['tcp_keepalive_time', 'tcp_fin_timeout', 'tcp_keepalive_intvl', 'tcp_keepalive_probes']),
]
const SYSCTLS_32 = [...SYSCTLS_29, ...IPV4(['tcp_rmem', 'tcp_wmem'])]
const SYSCTLS_37 = [...SYSCTLS_32, ...IPV4(['tcp_slow_start_after_idle', 'tcp_notsent_lowat'])]

const sysctls =
  (safe: readonly string[]): CheckPod =>
  ({ spec }) => {
    const forbidden = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((it) => !safe.includes(it))
    return forbidden.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: forbidden.join(', ') }
  }

const windowsHostProcess: CheckPod = ({ spec }) => {
  const isSet = (context: { windowsOptions?: { hostProcess?: boolean } } | undefined): boolean =>
    context?.windowsOptions?.hostProcess === true
  const bad = containersOf(spec).filter(({ securityContext }) => isSet(securityContext))
  const setters = settersOf(isSet(spec.securityContext), bad)
  if (setters.length === 0) return undefined
  const detail = `${setters.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`
  return { reason: 'hostProcess', detail }
}

const always = (check: CheckPod): PodSecurityCheck['versions'] => [{ since: 0, check }]

/** In the order of their ids, as their violations are told. */
export const BASELINE_CHECKS: readonly PodSecurityCheck[] = [
  { id: 'appArmorProfile', versions: always(appArmorProfile) },
  { id: 'capabilities_baseline', versions: always(capabilities) },
  { id: 'hostNamespaces', versions: always(hostNamespaces) },
  { id: 'hostPathVolumes', versions: always(hostPathVolumes) },
  { id: 'hostPorts', versions: always(hostPorts) },
  { id: 'hostProbesAndHostLifecycle', versions: [{ since: 34, check: probeHosts }] },
  { id: 'privileged', versions: always(privileged) },
  { id: 'procMount', versions: [...always(procMount), { since: 35, check: unless(hasUserNamespace, procMount) }] },
  {
    id: 'seLinuxOptions',
    versions: [
      ...always(seLinuxOptions(SE_LINUX_TYPES)),
      { since: 31, check: seLinuxOptions([...SE_LINUX_TYPES, 'container_engine_t']) },
    ],
  },
  {
    id: 'seccompProfile_baseline',
    versions: [...always(seccompAnnotations), { since: 19, check: seccompProfile }],
  },
  {
    id: 'sysctls',
    versions: [
      ...always(sysctls(SYSCTLS_0)),
      { since: 27, check: sysctls(SYSCTLS_27) },
      { since: 29, check: sysctls(SYSCTLS_29) },
      { since: 32, check: sysctls(SYSCTLS_32) },
      { since: 37, check: sysctls(SYSCTLS_37) },
    ],
  },
  { id: 'windowsHostProcess', versions: always(windowsHostProcess) },
]
