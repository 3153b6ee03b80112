/** The only writer of error bodies: any error becomes a Status. Mirrors endpoints/handlers/responsewriters/status.go. */
import { newInternalError, newTimeout, newUnknownError, type Status, StatusError } from '../apimachinery/errors.ts'
import { StorageError } from '../storage/interface.ts'

/** What the client is told. Errors that are nobody's intention say nothing of their inside: the stack goes to the log. */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof StorageError) {
    if (error.code === 'Unavailable') return newInternalError(error.message)
    if (error.code === 'Failed') return newUnknownError(error.message)
    if (error.code === 'Timeout')
      return newTimeout(`request did not complete within requested timeout - ${error.message}`)
  }
  return newInternalError('an unexpected error; the server log has the details')
}

/** Whether the error is a defect of the server and so belongs into its log with the stack. */
export function isUnexpected(error: unknown): boolean {
  if (error instanceof StorageError) return error.code !== 'Failed' && error.code !== 'Timeout'
  return !(error instanceof StatusError)
}

/** `{"kind":"Status",...}` of a success: what a deletion answers. */
export function successStatus(details: Status['details']): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}
