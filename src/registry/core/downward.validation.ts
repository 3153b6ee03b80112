/** What the downward API can show in variables and files. Mirrors pkg/apis/core/validation/validation.go (validateObjectFieldSelector). */
import { child, type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { isQualifiedName } from '../../apimachinery/names.ts'
import type { DownwardAPIVolumeFile, ObjectFieldSelector, ResourceFieldSelector } from '../../types/core-v1.ts'
import { invalids } from '../validation.ts'
import { validateFileMode, validateUnreservedPath } from './paths.validation.ts'

/** Fields of the pod that an environment variable may show; volumes have a list of their own. */
export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
/** Field labels that upstream can convert at all; others fail before the list is asked. */
const DOWNWARD_FIELDS = new Set([
  ...ENV_FIELDS,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'status.phase',
])
const HUGE_PAGES = ['limits.hugepages-', 'requests.hugepages-']
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
/** Fields of the pod that a file may show. */
const VOLUME_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']

/** A downward API field: one of `fields`, or a label or annotation by its key in brackets. */
export function validateFieldRef(ref: ObjectFieldSelector, fields: readonly string[], path: string): FieldError[] {
  if (!ref.apiVersion) return [required(child(path, 'apiVersion'))]
  if (!ref.fieldPath) return [required(child(path, 'fieldPath'))]
  const subscripted = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/.exec(ref.fieldPath)
  if (subscripted) {
    const [, where, name] = subscripted
    return invalids(path, name, isQualifiedName(where === 'metadata.annotations' ? name.toLowerCase() : name))
  }
  if (ref.apiVersion !== 'v1') {
    const detail = `error converting fieldPath: unsupported pod version: ${ref.apiVersion}`
    return [invalid(child(path, 'fieldPath'), ref.fieldPath, detail)]
  }
  if (!DOWNWARD_FIELDS.has(ref.fieldPath)) {
    const detail = `error converting fieldPath: field label not supported: ${ref.fieldPath}`
    return [invalid(child(path, 'fieldPath'), ref.fieldPath, detail)]
  }
  return fields.includes(ref.fieldPath) ? [] : [notSupported(child(path, 'fieldPath'), ref.fieldPath, fields)]
}

export function validateResourceFieldRef(ref: ResourceFieldSelector, path: string, volume: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (volume && !ref.containerName) errors.push(required(child(path, 'containerName')))
  else if (!ref.resource) errors.push(required(child(path, 'resource')))
  else if (!RESOURCE_FIELDS.includes(ref.resource) && !HUGE_PAGES.some((prefix) => ref.resource.startsWith(prefix))) {
    errors.push(notSupported(child(path, 'resource'), ref.resource, RESOURCE_FIELDS))
  }
  return [...errors, ...validateDivisor(ref.resource ?? '', String(ref.divisor ?? '0'), child(path, 'divisor'))]
}

function validateDivisor(resource: string, divisor: string, path: string): FieldError[] {
  if (divisor === '0') return []
  const [, name = ''] = resource.split(/^(?:limits|requests)\./)
  if (name === 'cpu') {
    const detail = "only divisor's values 1m and 1 are supported with the cpu resource"
    return ['1m', '1'].includes(divisor) ? [] : [invalid(path, resource, detail)]
  }
  const known: Record<string, string> = { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }
  const shown = name.startsWith('hugepages-') ? 'hugepages' : known[name]
  if (shown === undefined || SIZES.includes(divisor)) return []
  return [invalid(path, resource, `only divisor's values ${SIZES.join(', ')} are supported with the ${shown} resource`)]
}

export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  const errors = file.path ? [] : [required(child(path, 'path'))]
  errors.push(...validateUnreservedPath(file.path ?? '', child(path, 'path')))
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, VOLUME_FIELDS, child(path, 'fieldRef')))
    if (file.resourceFieldRef) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
    }
  } else if (file.resourceFieldRef) {
    errors.push(...validateResourceFieldRef(file.resourceFieldRef, child(path, 'resourceFieldRef'), true))
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
  }
  return [...errors, ...validateFileMode(file.mode, child(path, 'mode'))]
}
