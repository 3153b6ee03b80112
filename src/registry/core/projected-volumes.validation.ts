/** Projected volumes: several sources under one mount. Mirrors pkg/apis/core/validation/validation.go (validateProjectionSources). */
import { child, type FieldError, forbidden, index, invalid, required } from '../../apimachinery/field-error.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import type {
  ClusterTrustBundleProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../types/core-v1.ts'
import { isTrustBundleName, signerOfTrustBundle, validateSignerName } from '../signer-name.validation.ts'
import { validateLabelSelector } from '../validation.ts'
import { validateDownwardFile } from './downward.validation.ts'
import { validateFileMode, validateKeysToPaths, validateUnreservedPath } from './paths.validation.ts'

const MIN_TOKEN_SECONDS = 600
const MAX_TOKEN_SECONDS = 2 ** 32

export function validateProjected(volume: ProjectedVolumeSource, path: string): FieldError[] {
  const errors = validateFileMode(volume.defaultMode, child(path, 'defaultMode'))
  const paths = new Set<string>()
  volume.sources?.forEach((source, i) => {
    errors.push(...validateProjection(source, path, index(child(path, 'sources'), i), paths))
  })
  return errors
}

/** `paths` are those of the whole volume: two sources must not write the same file. */
function validateProjection(
  source: VolumeProjection,
  volumePath: string,
  path: string,
  paths: Set<string>,
): FieldError[] {
  const errors: FieldError[] = []
  const claim = (file: string | undefined, blamed: string) => {
    if (!file) return
    if (paths.has(file)) errors.push(invalid(volumePath, blamed, 'conflicting duplicate paths'))
    paths.add(file)
  }
  for (const kind of ['secret', 'configMap'] as const) {
    const projection = source[kind]
    if (!projection) continue
    const at = child(path, kind)
    if (!projection.name) errors.push(required(child(at, 'name')))
    errors.push(...validateKeysToPaths(projection.items, child(at, 'items')))
    for (const one of projection.items ?? []) claim(one.path, projection.name ?? '')
  }
  for (const file of source.downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(file, child(path, 'downwardAPI')))
    claim(file.path, file.path)
  }
  if (source.serviceAccountToken) {
    errors.push(...validateTokenProjection(source.serviceAccountToken, child(path, 'serviceAccountToken'), volumePath))
  }
  if (source.clusterTrustBundle) {
    errors.push(...validateTrustBundle(source.clusterTrustBundle, child(path, 'clusterTrustBundle')))
    claim(source.clusterTrustBundle.path, source.clusterTrustBundle.path)
  }
  const kinds = Object.values(source).filter((one) => one !== undefined && one !== null).length
  if (kinds > 1) errors.push(forbidden(path, 'may not specify more than 1 volume type per source'))
  return errors
}

function validateTrustBundle(bundle: ClusterTrustBundleProjection, path: string): FieldError[] {
  const { name, signerName, labelSelector } = bundle
  const errors: FieldError[] = []
  if (name !== undefined && signerName !== undefined) {
    const printed = internalForm('core.ClusterTrustBundleProjection', bundle)
    errors.push(invalid(path, printed, 'only one of name and signerName may be used'))
  } else if (name !== undefined) {
    const at = child(path, 'name')
    if (name === '') errors.push(required(at, 'must be a valid object name'))
    for (const message of isTrustBundleName(name, signerOfTrustBundle(name), false)) {
      errors.push(invalid(at, name, `not a valid clustertrustbundlename: ${message}`))
    }
    if (labelSelector) {
      errors.push(
        invalid(child(path, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'),
      )
    }
  } else if (signerName !== undefined) {
    const at = child(path, 'signerName')
    if (signerName === '') errors.push(required(at, 'must be a valid signer name'))
    errors.push(...validateSignerName(signerName, at))
    errors.push(...validateLabelSelector(labelSelector, child(path, 'labelSelector')))
  } else errors.push(required(path, 'either name or signerName must be specified'))
  if (!bundle.path) errors.push(required(child(path, 'path')))
  return [...errors, ...validateUnreservedPath(bundle.path ?? '', child(path, 'path'))]
}

function validateTokenProjection(token: ServiceAccountTokenProjection, path: string, volumePath: string): FieldError[] {
  const errors: FieldError[] = []
  const seconds = token.expirationSeconds
  const field = child(path, 'expirationSeconds')
  if (seconds === undefined) errors.push(required(field))
  else if (seconds < MIN_TOKEN_SECONDS) {
    errors.push(invalid(field, seconds, 'may not specify a duration less than 10 minutes'))
  } else if (seconds > MAX_TOKEN_SECONDS) {
    errors.push(invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  if (!token.path) errors.push(required(child(volumePath, 'path')))
  else errors.push(...validateUnreservedPath(token.path, child(volumePath, 'path')))
  return errors
}
