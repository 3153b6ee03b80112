import { expect, test } from 'vitest'
import * as errors from '../../src/apimachinery/errors.ts'
import * as field from '../../src/apimachinery/field-error.ts'
import recorded from './recorded/errors.json' with { type: 'json' }

const at = field.index('spec.list', 0)

const FIELD_ERRORS: Record<string, field.FieldError> = {
  required: field.required(at),
  requiredDetail: field.required(at, 'why'),
  string: field.invalid(at, 'a"b\n\x01é<', 'd'),
  number: field.invalid(at, 3, 'd'),
  float: field.invalid(at, 1.5, 'd'),
  bool: field.invalid(at, true, ''),
  list: field.invalid(at, ['a', '<b>'], 'd'),
  map: field.invalid(at, { a: [1], b: 1 }, 'd'),
  null: field.invalid(at, null, 'd'),
  nilPath: field.invalid('', 'x', 'd'),
  key: field.invalid(field.key('data', 'a b'), 'x', 'd'),
  duplicate: field.duplicate(at, 'x'),
  notFound: field.notFound(at, 'x'),
  notSupported: field.notSupported(at, 'x', ['a', 'b"']),
  notSupportedNone: field.notSupported(at, 'x', []),
  forbidden: field.forbidden(at, 'no'),
  tooLong: field.tooLong(at, 5),
  tooLong1: field.tooLong(at, 1),
  tooLongUnknown: field.tooLong(at, -1),
  tooLongCharacters: field.tooLongCharacters(at, 5),
  tooShort: field.tooShort(at, 1),
  tooMany: field.tooMany(at, 3, 2),
  tooMany1: field.tooMany(at, 3, 1),
  internal: field.internalError(at, 'boom'),
  typeInvalid: field.typeInvalid(at, 3, 'd'),
}

test.each(Object.entries(recorded.fieldErrors))('the field error %s prints as upstream prints it', (name, expected) => {
  const error = FIELD_ERRORS[name]
  const printed = [field.fieldErrorMessage(error), field.fieldErrorMessage(error, false), field.fieldErrorReason(error)]
  expect(printed).toEqual(expected)
})

const deployments = { group: 'apps', resource: 'deployments' }
const pods = { group: '', resource: 'pods' }
const kind = { group: 'apps', resource: 'Deployment' }
const none = { group: '', resource: '' }

const STATUSES: Record<string, errors.StatusError> = {
  notFound: errors.newNotFound(deployments, 'x"y'),
  alreadyExists: errors.newAlreadyExists(pods, 'x'),
  conflict: errors.newConflict(deployments, 'x', 'why'),
  forbidden: errors.newForbidden(deployments, 'x', 'why'),
  forbiddenList: errors.newForbidden(pods, '', 'why'),
  forbiddenPath: errors.newForbidden(none, '', 'why'),
  generateName: errors.newGenerateNameConflict(pods, 'x'),
  invalid: errors.newInvalid(kind, 'x', [FIELD_ERRORS.required, FIELD_ERRORS.string, FIELD_ERRORS.required]),
  invalidOne: errors.newInvalid(kind, 'x', [FIELD_ERRORS.nilPath]),
  invalidNone: errors.newInvalid(none, '', []),
  badRequest: errors.newBadRequest('m'),
  expired: errors.newExpired('m'),
  gone: errors.newGone('m'),
  timeout: errors.newTimeout('m', 3),
  methodNotSupported: errors.newMethodNotSupported(deployments, 'create'),
  methodNotAllowed: errors.newMethodNotAllowed(),
  tooManyRequests: errors.newTooManyRequests('m', 5),
  tooManyRequests0: errors.newTooManyRequests('m', 0),
  internal: errors.newInternalError('m'),
  entityTooLarge: errors.newRequestEntityTooLarge('m'),
  serverTimeout: errors.newServerTimeout(deployments, 'list', 2),
  unauthorized: errors.newUnauthorized(),
  pathNotFound: errors.newPathNotFound(),
  patchRejected: errors.newPatchRejected(),
}

test.each(Object.entries(recorded.statuses))('the status %s is upstream’s', (name, expected) => {
  expect(STATUSES[name].status).toEqual(expected)
})

test('predicates know errors by their reason', () => {
  expect(errors.isNotFound(STATUSES.notFound)).toBe(true)
  expect(errors.isConflict(STATUSES.notFound)).toBe(false)
  expect(errors.isAlreadyExists(new Error('x'))).toBe(false)
  expect([errors.newUnknownError('m').code, errors.newUnknownError('m').reason]).toEqual([500, ''])
})
