/** Pod specs and the templates of workloads. Mirrors pkg/apis/core/validation/validation.go (ValidatePodSpec, ValidatePodTemplateSpec). */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import { validateLegacyIp } from '../../apimachinery/ip.ts'
import type { ObjectMeta } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain, isDns1123SubdomainWithUnderscore, isInRange } from '../../apimachinery/names.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { PodResourceClaim, PodSpec, PodTemplateSpec } from '../../types/core-v1.ts'
import {
  invalids,
  validateAnnotations,
  validateDns1123Label,
  validateEnum,
  validateLabels,
  validateQualifiedName,
} from '../validation.ts'
import { validateResourceRequirements } from './compute-resources.validation.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.validation.ts'
import { validateFileKeyVolumes } from './env.validation.ts'
import { validateHostNamespaces, validatePodSecurityContext } from './pod-security.validation.ts'
import { validateAffinity, validateTolerations, validateTopologySpread } from './scheduling.validation.ts'
import { validateVolumes } from './volumes.validation.ts'

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048
const MAX_INT32 = 2147483647

/** A workload's template, defaulted. The workload checks on its own that labels match its selector, and its restartPolicy. */
export function validatePodTemplateSpec(template: PodTemplateSpec, path: string): FieldError[] {
  const { labels, annotations } = template.metadata ?? {}
  const errors = [
    ...validateLabels(labels, child(path, 'labels')),
    ...validateAnnotations(annotations, child(path, 'annotations')),
    ...validatePodSpec(template.spec ?? ({} as PodSpec), child(path, 'spec')),
  ]
  if (template.spec?.ephemeralContainers?.length) {
    const field = child(path, 'spec.ephemeralContainers')
    errors.push(forbidden(field, 'ephemeral containers not allowed in pod template'))
  }
  return errors
}

/** `pod` is the metadata of a real pod; absent for templates, where some rules do not hold. */
export function validatePodSpec(spec: PodSpec, path: string, pod?: ObjectMeta): FieldError[] {
  const volumes = validateVolumes(spec.volumes, pod, child(path, 'volumes'))
  const errors: FieldError[] = []
  if (spec.terminationGracePeriodSeconds === undefined)
    errors.push(required(child(path, 'terminationGracePeriodSeconds')))
  errors.push(
    ...volumes.errors,
    ...validateClaims(spec.resourceClaims, child(path, 'resourceClaims')),
    ...validateContainers(spec, volumes.byName, child(path, 'containers')),
    ...validateInitContainers(spec, volumes.byName, child(path, 'initContainers')),
    ...validateEphemeralContainers(spec, volumes.byName, child(path, 'ephemeralContainers')),
    ...validatePodResources(spec, child(path, 'resources')),
    ...validateHostNetworkPorts(spec, path, pod !== undefined),
    ...validateEnum(spec.restartPolicy, RESTART_POLICIES, child(path, 'restartPolicy')),
    ...validateEnum(spec.dnsPolicy, DNS_POLICIES, child(path, 'dnsPolicy')),
    ...validateLabels(spec.nodeSelector, child(path, 'nodeSelector')),
    ...validatePodSecurityContext(spec, child(path, 'securityContext')),
    ...validateAffinity(spec.affinity, child(path, 'affinity')),
    ...validateDnsConfig(spec, child(path, 'dnsConfig')),
    ...validateGates(spec, path),
    ...validateTopologySpread(spec.topologySpreadConstraints, child(path, 'topologySpreadConstraints')),
    ...validateHostNamespaces(spec, path),
    ...validateNames(spec, path),
    ...validateTolerations(spec.tolerations, child(path, 'tolerations')),
    ...validateHostAliases(spec, child(path, 'hostAliases')),
    ...validateLateFields(spec, path),
    ...validateFileKeyVolumes(spec, path),
  )
  return errors
}

function validateClaims(claims: readonly PodResourceClaim[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  claims?.forEach((claim, i) => {
    const at = index(path, i)
    if (!claim.name) errors.push(required(child(at, 'name')))
    else if (names.has(claim.name)) errors.push(duplicate(child(at, 'name'), claim.name))
    else {
      errors.push(...validateDns1123Label(claim.name, child(at, 'name')))
      names.add(claim.name)
    }
    const { resourceClaimName: direct, resourceClaimTemplateName: template } = claim
    const bad = { Name: claim.name, ResourceClaimName: direct ?? null, ResourceClaimTemplateName: template ?? null }
    const both = direct !== undefined && template !== undefined
    if (both)
      errors.push(
        invalid(at, bad, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      )
    if (direct === undefined && template === undefined) {
      errors.push(invalid(at, bad, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    }
    if (direct !== undefined)
      errors.push(...invalids(child(at, 'resourceClaimName'), direct, isDns1123Subdomain(direct)))
    if (template !== undefined) {
      errors.push(...invalids(child(at, 'resourceClaimTemplateName'), template, isDns1123Subdomain(template)))
    }
  })
  return errors
}

/** Resources of the pod as a whole; the requests of its containers must fit into them. */
function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  if (!spec.resources) return []
  if (spec.os?.name === 'windows') return [forbidden(path, 'may not be set for a windows pod')]
  const errors: FieldError[] = []
  if (spec.resources.claims) {
    errors.push(forbidden(child(path, 'claims'), 'claims may not be set for Resources at pod-level'))
  }
  errors.push(...validateResourceRequirements(spec.resources, path, [], true))
  const limits = spec.resources.limits ?? {}
  spec.containers?.forEach((container, i) => {
    const own = container.resources?.limits ?? {}
    for (const name in own) {
      if (limits[name] === undefined) continue
      if (compareQuantities(parseQuantity(String(own[name])), parseQuantity(String(limits[name]))) <= 0) continue
      const field = `${path}.containers[${i}][${name}].limits`
      errors.push(invalid(field, String(own[name]), `must be less than or equal to pod limits of ${limits[name]}`))
    }
  })
  return errors
}

/** On the host's network a port is the host's port; templates may leave it out, for defaulting fills it in the pod. */
function validateHostNetworkPorts(spec: PodSpec, path: string, isPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return []
  const errors: FieldError[] = []
  spec.containers?.forEach((container, c) => {
    container.ports?.forEach((port, p) => {
      const hostPort = port.hostPort ?? 0
      if ((!isPod && hostPort === 0) || hostPort === port.containerPort) return
      const field = `${path}.containers[${c}].ports[${p}].hostPort`
      errors.push(invalid(field, hostPort, 'must match `containerPort` when `hostNetwork` is true'))
    })
  })
  return errors
}

function validateDnsConfig(spec: PodSpec, path: string): FieldError[] {
  const config = spec.dnsConfig
  const none = spec.dnsPolicy === 'None'
  if (none && !config) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  if (none && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
    return [required(child(path, 'nameservers'), detail)]
  }
  const errors: FieldError[] = []
  const limit = (name: string, value: string[], over: boolean, detail: string) => {
    if (over) errors.push(invalid(child(path, name), value, `must not have more than ${detail}`))
  }
  limit('nameservers', nameservers, nameservers.length > MAX_NAMESERVERS, `${MAX_NAMESERVERS} nameservers`)
  nameservers.forEach((server, i) => {
    errors.push(...validateLegacyIp(index(child(path, 'nameservers'), i), server))
  })
  const characters = `${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`
  limit('searches', searches, searches.length > MAX_SEARCHES, `${MAX_SEARCHES} search paths`)
  limit('searches', searches, searches.join(' ').length > MAX_SEARCH_CHARACTERS, characters)
  searches.forEach((search, i) => {
    if (search === '.') return
    const name = search.replace(/\.$/, '')
    errors.push(...invalids(index(child(path, 'searches'), i), name, isDns1123SubdomainWithUnderscore(name)))
  })
  options.forEach((option, i) => {
    if (!option.name) errors.push(required(index(child(path, 'options'), i), 'must not be empty'))
  })
  return errors
}

function validateGates(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  spec.readinessGates?.forEach((gate, i) => {
    errors.push(...validateQualifiedName(gate.conditionType ?? '', `${path}.readinessGates[${i}].conditionType`))
  })
  const seen = new Set<string>()
  spec.schedulingGates?.forEach(({ name = '' }, i) => {
    const at = index(child(path, 'schedulingGates'), i)
    errors.push(...validateQualifiedName(name, at))
    if (seen.has(name)) errors.push(duplicate(at, name))
    seen.add(name)
  })
  return errors
}

/** Names of other objects and of the host. */
function validateNames(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const subdomain = (name: 'serviceAccountName' | 'nodeName') => {
    const value = spec[name]
    if (value) errors.push(...invalids(child(path, name), value, isDns1123Subdomain(value)))
  }
  subdomain('serviceAccountName')
  subdomain('nodeName')
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined) {
    errors.push(...invalids(child(path, 'activeDeadlineSeconds'), deadline, isInRange(deadline, 1, MAX_INT32)))
  }
  if (spec.hostname) errors.push(...validateDns1123Label(spec.hostname, child(path, 'hostname')))
  if (spec.subdomain) errors.push(...validateDns1123Label(spec.subdomain, child(path, 'subdomain')))
  return errors
}

function validateHostAliases(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  spec.hostAliases?.forEach((alias, i) => {
    const at = index(path, i)
    errors.push(...validateLegacyIp(child(at, 'ip'), alias.ip ?? ''))
    alias.hostnames?.forEach((name, n) => {
      errors.push(...invalids(index(child(at, 'hostnames'), n), name, isDns1123Subdomain(name)))
    })
  })
  return errors
}

function validateLateFields(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['priorityClassName', 'runtimeClassName'] as const) {
    const value = spec[name]
    if (value || (value === '' && name === 'runtimeClassName')) {
      errors.push(...invalids(child(path, name), value, isDns1123Subdomain(value)))
    }
  }
  if (spec.preemptionPolicy !== undefined) {
    const policies = ['PreemptLowerPriority', 'Never']
    errors.push(...validateEnum(spec.preemptionPolicy, policies, child(path, 'preemptionPolicy')))
  }
  if (spec.overhead) {
    errors.push(...validateResourceRequirements({ limits: spec.overhead }, child(path, 'overhead')))
  }
  if (spec.os) {
    const { name } = spec.os
    if (!name) errors.push(required(child(path, 'os.name')))
    else if (name !== 'linux' && name !== 'windows') {
      errors.push(notSupported(child(path, 'os'), name, ['linux', 'windows']))
    }
  }
  return errors
}
