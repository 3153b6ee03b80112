/** Names that only files beside the server may have. Mirrors pkg/apis/admissionregistration/validation/static_suffix.go. */
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

const SUFFIX = '.static.k8s.io'
const RESERVED = `names ending with "${SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via the API`

export function validateStaticSuffix({ metadata }: KubeObject): FieldError[] {
  return metadata.name?.endsWith(SUFFIX) ? [invalid('metadata.name', metadata.name, RESERVED)] : []
}
