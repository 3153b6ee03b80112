/** Options of writes, from the query and (deletes) the body. Mirrors apimachinery/pkg/apis/meta/v1/validation. */
import { newBadRequest, newInvalid } from '../../apimachinery/errors.ts'
import { type FieldError, invalid, notSupported } from '../../apimachinery/field-error.ts'
import type { FieldValidation } from '../../registry/decode.ts'
import type { DeleteOptions } from '../../registry/delete.ts'
import { readValue } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import { parseInteger } from './read.ts'

const FIELD_VALIDATIONS = ['Ignore', 'Warn', 'Strict']
const PROPAGATION_POLICIES = ['Foreground', 'Background', 'Orphan']

/** Checks dryRun, fieldManager and fieldValidation of a create, update or patch. Throws 422. */
export function writeOptions(
  { query }: Exchange,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): FieldValidation {
  const errors: FieldError[] = [...dryRunErrors(query.getAll('dryRun'))]
  const manager = query.get('fieldManager') ?? ''
  if (manager.length > 128)
    errors.push({ type: 'TooLong', field: 'fieldManager', detail: 'may not be more than 128 bytes' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  if (/[\u0000-\u001f\u007f]/.test(manager))
    errors.push(invalid('fieldManager', manager, 'should only contain printable characters'))
  const validation = query.get('fieldValidation') || 'Warn'
  if (!FIELD_VALIDATIONS.includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['Ignore', 'Strict', 'Warn', '']))
  if (kind === 'PatchOptions' && query.has('force')) errors.push(forceForbidden())
  throwInvalidOptions(kind, errors)
  return validation as FieldValidation
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

const DELETE_OPTIONS = { group: '', version: 'v1', kind: 'DeleteOptions' }

type RawDeleteOptions = DeleteOptions & { dryRun?: string[] }

function optionsFromQuery(query: URLSearchParams): RawDeleteOptions {
  const options: RawDeleteOptions = {}
  const seconds = query.get('gracePeriodSeconds')
  if (seconds !== null) options.gracePeriodSeconds = parseInteger(seconds, 'gracePeriodSeconds')
  const policy = query.get('propagationPolicy')
  if (policy !== null) options.propagationPolicy = policy
  const orphan = query.get('orphanDependents')
  if (orphan !== null) options.orphanDependents = orphan !== 'false' && orphan !== '0'
  if (query.has('dryRun')) options.dryRun = query.getAll('dryRun')
  return options
}

async function optionsFromBody(exchange: Exchange): Promise<RawDeleteOptions> {
  const body = ((await readValue(exchange, DELETE_OPTIONS)) ?? {}) as Record<string, unknown>
  if (body.kind !== undefined && body.kind !== '' && body.kind !== 'DeleteOptions') {
    throw newBadRequest('decoded object cannot be converted to DeleteOptions')
  }
  const options: RawDeleteOptions = {}
  if (body.gracePeriodSeconds != null)
    options.gracePeriodSeconds = integer(body.gracePeriodSeconds, 'gracePeriodSeconds', 'int64')
  if (body.propagationPolicy != null)
    options.propagationPolicy = text(body.propagationPolicy, 'propagationPolicy', 'v1.DeletionPropagation')
  if (body.orphanDependents != null) options.orphanDependents = flag(body.orphanDependents, 'orphanDependents')
  if (Array.isArray(body.dryRun)) options.dryRun = body.dryRun.map(String)
  if (body.preconditions != null) {
    const { uid, resourceVersion } = body.preconditions as Record<string, unknown>
    options.preconditions = {
      ...(uid == null ? {} : { uid: String(uid) }),
      ...(resourceVersion == null ? {} : { resourceVersion: String(resourceVersion) }),
    }
  }
  return options
}

function integer(value: unknown, field: string, goType: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(value, field, goType)
  return value
}

function text(value: unknown, field: string, goType: string): string {
  if (typeof value !== 'string') throw wrongType(value, field, goType)
  return value
}

function flag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw wrongType(value, field, 'bool')
  return value
}

function wrongType(value: unknown, field: string, goType: string): Error {
  const found = Array.isArray(value)
    ? 'array'
    : value !== null && typeof value === 'object'
      ? 'object'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value
  return newBadRequest(
    `DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal ${found} into Go struct field DeleteOptions.${field} of type ${goType}`,
  )
}
