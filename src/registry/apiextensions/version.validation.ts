/** What a version of a definition says beside its schema: deprecation, doors, columns, selectable fields. Mirrors apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go. */
import { child, duplicate, type FieldError, index, invalid, required, tooMany } from '../../apimachinery/field-error.ts'
import { fieldAt } from '../../apimachinery/schema/custom/field-path.ts'
import type { Column, Version } from './crd.ts'

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const MAX_SELECTABLE_FIELDS = 8
const MAX_WARNING_LENGTH = 256

export function deprecationErrors({ deprecated, deprecationWarning: text }: Version, path: string): FieldError[] {
  if (text === undefined) return []
  const messages: string[] = []
  if (!deprecated) messages.push('can only be set for deprecated versions')
  else {
    if (Buffer.byteLength(text) > MAX_WARNING_LENGTH) messages.push('must be <= 256 characters long')
    if (text === '') messages.push('must not be an empty string')
    const at = [...text].findIndex((character) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character))
    if (at >= 0) {
      const found = `non-printable character found at index ${at}`
      messages.push(`must only contain printable UTF-8 characters; ${found}`)
    }
  }
  return messages.map((message) => invalid(child(path, 'deprecationWarning'), text, message))
}

export function subresourceErrors({ subresources }: Version, path: string): FieldError[] {
  const scale = subresources?.scale
  if (!scale) return []
  const errors: FieldError[] = []
  const check = (field: string, value: string | undefined, below: string[], why: string): void => {
    const at = child(path, `scale.${field}`)
    const wrong = simplePathErrors(value ?? '', at)
    if (wrong.length > 0) errors.push(...wrong)
    else if (!below.some((prefix) => value?.startsWith(prefix))) errors.push(invalid(at, value, why))
  }
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  if (!specReplicasPath) errors.push(required(child(path, 'scale.specReplicasPath')))
  else check('specReplicasPath', specReplicasPath, ['.spec.'], 'should be a json path under .spec')
  if (!statusReplicasPath) errors.push(required(child(path, 'scale.statusReplicasPath')))
  else check('statusReplicasPath', statusReplicasPath, ['.status.'], 'should be a json path under .status')
  if (labelSelectorPath) {
    const why = 'should be a json path under either .spec or .status'
    check('labelSelectorPath', labelSelectorPath, ['.spec.', '.status.'], why)
  }
  return errors
}

function simplePathErrors(text: string, path: string): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]
}

export function columnErrors({ additionalPrinterColumns = [] }: Version, path: string): FieldError[] {
  return additionalPrinterColumns.flatMap((column, i) => oneColumnErrors(column, index(path, i)))
}

function oneColumnErrors({ name, type, format, jsonPath }: Column, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!name) errors.push(required(child(path, 'name')))
  const why = `must be one of ${COLUMN_TYPES.join()}`
  if (!type) errors.push(required(child(path, 'type'), why))
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(child(path, 'type'), type, why))
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(invalid(child(path, 'format'), format, `must be one of ${COLUMN_FORMATS.join()}`))
  }
  const at = child(path, 'JSONPath')
  return [...errors, ...(jsonPath ? simplePathErrors(jsonPath, at) : [required(at)])]
}

/** `fromTop`: said alike by all versions, and so once above them. */
export function selectableErrors(
  { selectableFields = [], schema }: Version,
  path: string,
  fromTop: boolean,
): FieldError[] {
  if (selectableFields.length === 0) return []
  const root = schema?.openAPIV3Schema
  if (!root) {
    const what = fromTop ? 'validations.schema is included' : '`version.schema.openAPIV3Schema` is not included'
    return [invalid(path, '', `may only be set when ${what}`)]
  }
  const errors: FieldError[] = []
  const seen = new Set<string>()
  selectableFields.forEach(({ jsonPath }, i) => {
    const at = child(index(path, i), 'jsonPath')
    if (!jsonPath) {
      errors.push(required(at))
      return
    }
    const found = fieldAt(root, jsonPath, { arrays: false })
    if (typeof found === 'string') {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found}`))
      return
    }
    if (/^metadata\b/.test(found.path)) errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found.schema.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      errors.push(invalid(at, jsonPath, why))
    }
    if (seen.has(found.path)) errors.push(duplicate(at, jsonPath))
    seen.add(found.path)
  })
  if (seen.size > MAX_SELECTABLE_FIELDS) errors.push(tooMany(path, seen.size, MAX_SELECTABLE_FIELDS))
  return errors
}
