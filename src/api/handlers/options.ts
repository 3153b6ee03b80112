/** Options of writes, from the query and (deletes) the body. Mirrors apimachinery/pkg/apis/meta/v1/validation. */
import { newInvalid } from '../../apimachinery/errors.ts'
import { type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { FieldValidation } from '../../registry/decode.ts'
import type { DeleteOptions } from '../../registry/delete.ts'
import { type RawDeleteOptions, readDeleteOptions } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import { parseInteger } from './read.ts'

const FIELD_VALIDATIONS = ['Ignore', 'Warn', 'Strict']
const PROPAGATION_POLICIES = ['Foreground', 'Background', 'Orphan']

/** Checks dryRun, fieldManager and fieldValidation of a create, update or patch. Throws 422. */
export function writeOptions(
  { query }: Exchange,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): FieldValidation {
  const manager = query.get('fieldManager') ?? ''
  const errors: FieldError[] = []
  if (isApply && manager === '') errors.push(required('fieldManager', 'is required for apply patch'))
  if (!isApply && kind === 'PatchOptions' && query.has('force')) errors.push(forceForbidden())
  if (manager.length > 128)
    errors.push({ type: 'TooLong', field: 'fieldManager', detail: 'may not be more than 128 bytes' })
  errors.push(...unprintable(manager))
  errors.push(...dryRunErrors(query.getAll('dryRun')))
  const validation = query.get('fieldValidation') || 'Warn'
  if (!FIELD_VALIDATIONS.includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  throwInvalidOptions(kind, errors)
  return validation as FieldValidation
}

/** One error a character that Go's unicode.IsPrint refuses. */
function unprintable(manager: string): FieldError[] {
  const errors: FieldError[] = []
  let at = 0
  for (const character of manager) {
    if (character !== ' ' && /[\p{C}\p{Z}]/u.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalid('fieldManager', manager, `invalid character U+${code} (at position ${at})`))
    }
    at += Buffer.byteLength(character)
  }
  return errors
}

function forceForbidden(): FieldError {
  return { type: 'Forbidden', field: 'force', detail: 'may not be specified for non-apply patch' }
}

function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])]
}

function throwInvalidOptions(kind: string, errors: FieldError[]): void {
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', resource: kind }, '', errors)
}

/** A body wins over the query, as upstream. Throws 400 and 422. Also answers whether it is a dry run. */
export async function deleteOptions(exchange: Exchange): Promise<{ options: DeleteOptions; dryRun: boolean }> {
  const raw = exchange.body.length > 0 ? await optionsFromBody(exchange) : optionsFromQuery(exchange.query)
  const errors: FieldError[] = []
  const { propagationPolicy: policy, orphanDependents } = raw
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'))
  }
  if (policy !== undefined && policy !== '' && !PROPAGATION_POLICIES.includes(policy)) {
    errors.push(notSupported('propagationPolicy', policy, [...PROPAGATION_POLICIES, 'nil']))
  }
  errors.push(...dryRunErrors(raw.dryRun ?? []))
  throwInvalidOptions('DeleteOptions', errors)
  const { dryRun, ...options } = raw
  return { options, dryRun: (dryRun ?? []).length > 0 }
}

function optionsFromQuery(query: URLSearchParams): RawDeleteOptions {
  const options: RawDeleteOptions = {}
  const seconds = query.get('gracePeriodSeconds')
  if (seconds !== null) options.gracePeriodSeconds = parseInteger(seconds)
  const policy = query.get('propagationPolicy')
  if (policy !== null) options.propagationPolicy = policy
  const orphan = query.get('orphanDependents')
  if (orphan !== null) options.orphanDependents = orphan !== 'false' && orphan !== '0'
  if (query.has('dryRun')) options.dryRun = query.getAll('dryRun')
  return options
}

async function optionsFromBody(exchange: Exchange): Promise<RawDeleteOptions> {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, dryRun, preconditions } =
    await readDeleteOptions(exchange)
  const options: RawDeleteOptions = {}
  if (gracePeriodSeconds !== undefined) options.gracePeriodSeconds = gracePeriodSeconds
  if (propagationPolicy !== undefined) options.propagationPolicy = propagationPolicy
  if (orphanDependents !== undefined) options.orphanDependents = orphanDependents
  if (dryRun !== undefined) options.dryRun = dryRun
  if (preconditions !== undefined) options.preconditions = preconditions
  return options
}
