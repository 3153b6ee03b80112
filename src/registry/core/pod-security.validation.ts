/** Security contexts of pods and containers. Mirrors pkg/apis/core/validation/validation.go (ValidateSecurityContext, validatePodSpecSecurityContext). */

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
import { isUnixId } from '../../apimachinery/names.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from '../../types/core-v1.ts'
import { invalids } from '../validation.ts'
import { validateDescendingPath } from './paths.validation.ts'

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined']
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/
const SYSCTL_RULE =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const PROC_MOUNTS = ['Default', 'Unmasked']
const IDS = ['fsGroup', 'runAsUser', 'runAsGroup'] as const

const validateId = (id: number | undefined, path: string): FieldError[] =>
  id === undefined ? [] : invalids(path, id, isUnixId(id))

export function validatePodSecurityContext(spec: PodSpec, path: string): FieldError[] {
  const context: PodSecurityContext | undefined = spec.securityContext
  if (!context) return []
  const errors: FieldError[] = []
  for (const name of IDS) errors.push(...validateId(context[name], child(path, name)))
  context.supplementalGroups?.forEach((group, i) => {
    errors.push(...validateId(group, index(child(path, 'supplementalGroups'), i)))
  })
  errors.push(...validateSysctls(context.sysctls, spec, child(path, 'sysctls')))
  errors.push(
    ...validateOptional(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], child(path, 'fsGroupChangePolicy')),
  )
  errors.push(...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')))
  errors.push(...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile')))
  const groups = validateOptional(
    context.supplementalGroupsPolicy,
    ['Merge', 'Strict'],
    child(path, 'supplementalGroupsPolicy'),
  )
  const labels = validateOptional(
    context.seLinuxChangePolicy,
    ['MountOption', 'Recursive'],
    child(path, 'seLinuxChangePolicy'),
  )
  return [...errors, ...groups, ...labels]
}

function validateOptional(value: string | undefined, supported: readonly string[], path: string): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function validateSysctls(sysctls: readonly Sysctl[] | undefined, spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  sysctls?.forEach(({ name }, i) => {
    const at = child(index(path, i), 'name')
    if (!name) errors.push(required(at))
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(invalid(at, name, SYSCTL_RULE))
    else if (names.has(name)) errors.push(duplicate(at, name))
    const dotted = (name ?? '').replaceAll('/', '.')
    if (spec.hostNetwork && dotted.startsWith('net.')) {
      errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"))
    }
    if (spec.hostIPC && /^(kernel\.(shm|msg)|kernel\.sem|fs\.mqueue\.)/.test(dotted)) {
      errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"))
    }
    names.add(name)
  })
  return errors
}

/** `hostUsers` is true when the pod shares the host's user namespace, as it does unless told otherwise. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  path: string,
  hostUsers: boolean,
): FieldError[] {
  if (!context) return []
  const errors: FieldError[] = []
  errors.push(...validateId(context.runAsUser, child(path, 'runAsUser')))
  errors.push(...validateId(context.runAsGroup, child(path, 'runAsGroup')))
  const mount = context.procMount
  errors.push(...validateOptional(mount, PROC_MOUNTS, child(path, 'procMount')))
  if (hostUsers && mount === 'Unmasked') {
    errors.push(invalid(child(path, 'procMount'), mount, '`hostUsers` must be false to use `Unmasked`'))
  }
  errors.push(...validateSeccomp(context.seccompProfile, child(path, 'seccompProfile')))
  if (context.allowPrivilegeEscalation === false) errors.push(...validateNoEscalation(context, path))
  return [...errors, ...validateAppArmor(context.appArmorProfile, child(path, 'appArmorProfile'))]
}

function validateNoEscalation(context: SecurityContext, path: string): FieldError[] {
  const errors: FieldError[] = []
  const lead = 'cannot set `allowPrivilegeEscalation` to false and'
  if (context.privileged)
    errors.push(invalid(path, internalForm('core.SecurityContext', context), `${lead} \`privileged\` to true`))
  for (const capability of context.capabilities?.add ?? []) {
    if (capability !== 'CAP_SYS_ADMIN') continue
    errors.push(
      invalid(path, internalForm('core.SecurityContext', context), `${lead} \`capabilities.Add\` CAP_SYS_ADMIN`),
    )
  }
  return errors
}

function validateSeccomp(profile: SeccompProfile | undefined, path: string): FieldError[] {
  if (!profile) return []
  const errors: FieldError[] = []
  if (!profile.type) errors.push(required(child(path, 'type'), 'type is required when seccompProfile is set'))
  else errors.push(...validateOptional(profile.type, PROFILE_TYPES, child(path, 'type')))
  const field = child(path, 'localhostProfile')
  if (profile.type === 'Localhost') {
    if (profile.localhostProfile === undefined)
      errors.push(required(field, 'must be set when seccomp type is Localhost'))
    else errors.push(...validateDescendingPath(profile.localhostProfile, field))
  } else if (profile.localhostProfile !== undefined) {
    const bad = { Type: profile.type, LocalhostProfile: profile.localhostProfile }
    errors.push(invalid(field, bad, 'can only be set when seccomp type is Localhost'))
  }
  return errors
}

function validateAppArmor(profile: AppArmorProfile | undefined, path: string): FieldError[] {
  if (!profile) return []
  const field = child(path, 'localhostProfile')
  const { type, localhostProfile: local } = profile
  if (!type) return [required(child(path, 'type'), 'type is required when appArmorProfile is set')]
  if (type === 'Localhost') {
    if (local === undefined || local === '') return [required(field, 'must be set when AppArmor type is Localhost')]
    return local === local.trim() ? [] : [invalid(field, local, 'must not be padded with whitespace')]
  }
  if (!PROFILE_TYPES.includes(type)) return [notSupported(child(path, 'type'), type, PROFILE_TYPES)]
  return local === undefined ? [] : [invalid(field, local, 'can only be set when AppArmor type is Localhost')]
}

/** Host namespaces are out of reach for a pod with users of its own. */
export function validateHostNamespaces(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.push(invalid(child(path, 'shareProcessNamespace'), true, detail))
  }
  if (spec.hostUsers !== false) return errors
  if (spec.hostNetwork) errors.push(forbidden(child(path, 'hostNetwork'), 'when `hostUsers` is false'))
  if (spec.hostPID) errors.push(forbidden(child(path, 'HostPID'), 'when `hostUsers` is false'))
  if (spec.hostIPC) errors.push(forbidden(child(path, 'HostIPC'), 'when `hostUsers` is false'))
  return errors
}
