/** Environment variables and the references in them. Mirrors pkg/apis/core/validation/validation.go (ValidateEnv, ValidateEnvFrom). */
import { child, type FieldError, index, invalid, notFound, required } from '../../apimachinery/field-error.ts'
import { isConfigMapKey, isDns1123Subdomain, isRelaxedEnvVarName } from '../../apimachinery/names.ts'
import type { Container, EnvFromSource, EnvVar, EnvVarSource, PodSpec } from '../../types/core-v1.ts'
import { invalids, validateDns1123Label } from '../validation.ts'
import { ENV_FIELDS, validateFieldRef, validateResourceFieldRef } from './downward.validation.ts'
import { validateNoBacksteps } from './paths.validation.ts'

export function validateEnv(env: readonly EnvVar[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  env?.forEach((variable, i) => {
    const at = index(path, i)
    if (!variable.name) errors.push(required(child(at, 'name')))
    else errors.push(...invalids(child(at, 'name'), variable.name, isRelaxedEnvVarName(variable.name)))
    if (variable.valueFrom) errors.push(...validateValueFrom(variable, variable.valueFrom, child(at, 'valueFrom')))
  })
  return errors
}

function validateValueFrom(variable: EnvVar, source: EnvVarSource, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (source.fieldRef) errors.push(...validateFieldRef(source.fieldRef, ENV_FIELDS, child(path, 'fieldRef')))
  if (source.resourceFieldRef) {
    errors.push(...validateResourceFieldRef(source.resourceFieldRef, child(path, 'resourceFieldRef'), false))
  }
  if (source.configMapKeyRef) errors.push(...validateKeyRef(source.configMapKeyRef, child(path, 'configMapKeyRef')))
  if (source.secretKeyRef) errors.push(...validateKeyRef(source.secretKeyRef, child(path, 'secretKeyRef')))
  if (source.fileKeyRef) errors.push(...validateFileKeyRef(source.fileKeyRef, child(path, 'fileKeyRef')))
  const sources = Object.values(source).filter((one) => one !== undefined && one !== null).length
  if (sources === 0) {
    const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    errors.push(invalid(path, '', `must specify one of: ${names}`))
  } else if (variable.value) {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  } else if (sources > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  }
  return errors
}

function validateKeyRef(ref: { name?: string; key?: string }, path: string): FieldError[] {
  const errors = invalids(child(path, 'name'), ref.name ?? '', isDns1123Subdomain(ref.name ?? ''))
  if (!ref.key) errors.push(required(child(path, 'key')))
  else errors.push(...invalids(child(path, 'key'), ref.key, isConfigMapKey(ref.key)))
  return errors
}

function validateFileKeyRef(ref: { key?: string; volumeName?: string; path?: string }, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!ref.key) errors.push(required(child(path, 'key')))
  else errors.push(...invalids(child(path, 'key'), ref.key, isRelaxedEnvVarName(ref.key)))
  if (!ref.volumeName) errors.push(required(child(path, 'volumeName')))
  else errors.push(...validateDns1123Label(ref.volumeName, child(path, 'volumeName')))
  if (!ref.path) errors.push(required(child(path, 'path')))
  else errors.push(...validateNoBacksteps(ref.path, child(path, 'path')))
  return errors
}

/** Upstream names the list, not the element, where the source is missing or double. */
export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  sources?.forEach((source, i) => {
    const at = index(path, i)
    if (source.prefix) errors.push(...invalids(child(at, 'prefix'), source.prefix, isRelaxedEnvVarName(source.prefix)))
    const refs = (['configMapRef', 'secretRef'] as const).filter((name) => source[name])
    for (const name of refs) {
      const ref = source[name]?.name
      const namePath = child(child(at, name), 'name')
      if (!ref) errors.push(required(namePath))
      else errors.push(...invalids(namePath, ref, isDns1123Subdomain(ref)))
    }
    if (refs.length === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (refs.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  })
  return errors
}

/** A variable read from a file needs its volume, and that volume must be an emptyDir. */
export function validateFileKeyVolumes(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const visit = (containers: readonly Pick<Container, 'env'>[] | undefined, listPath: string) =>
    containers?.forEach((container, c) => {
      container.env?.forEach((variable, e) => {
        const ref = variable.valueFrom?.fileKeyRef
        if (!ref) return
        const at = `${index(listPath, c)}.env[${e}].valueFrom.fileKeyRef.volumeName`
        const volume = spec.volumes?.find((one) => one.name === ref.volumeName)
        if (!volume) errors.push(notFound(at, ref.volumeName))
        else if (!volume.emptyDir)
          errors.push(invalid(at, ref.volumeName, 'referenced volume must be of type emptyDir'))
      })
    })
  visit(spec.initContainers, child(path, 'initContainers'))
  visit(spec.containers, child(path, 'containers'))
  visit(spec.ephemeralContainers, child(path, 'ephemeralContainers'))
  return errors
}
