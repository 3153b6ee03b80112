/** Probes and lifecycle hooks. Mirrors pkg/apis/core/validation/validation.go (validateProbe, validateHandler, validateLifecycle). */
import { child, type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { isHttpHeaderName } from '../../apimachinery/names.ts'
import type { HTTPGetAction, Lifecycle, LifecycleHandler, PodSpec, Probe } from '../../types/core-v1.ts'
import { invalids, validateNonnegative, validatePortNumberOrName } from '../validation.ts'

type Handler = Probe & LifecycleHandler

const SCHEMES = ['HTTP', 'HTTPS']
const WINDOWS_SIGNALS = ['SIGKILL', 'SIGTERM']
const PROBE_COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

/** `grace` is the pod's terminationGracePeriodSeconds, which a sleep must not outlast. */
export function validateProbes(
  container: { livenessProbe?: Probe; readinessProbe?: Probe; startupProbe?: Probe },
  grace: number | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name]
    if (!probe) continue
    const at = child(path, name)
    errors.push(...validateProbe(probe, grace, at))
    const { successThreshold = 0, terminationGracePeriodSeconds } = probe
    if (name !== 'readinessProbe' && successThreshold !== 1) {
      errors.push(invalid(child(at, 'successThreshold'), successThreshold, 'must be 1'))
    }
    if (name === 'readinessProbe' && terminationGracePeriodSeconds !== undefined) {
      const field = child(at, 'terminationGracePeriodSeconds')
      errors.push(invalid(field, terminationGracePeriodSeconds, 'must not be set for readinessProbes'))
    }
  }
  return errors
}

function validateProbe(probe: Probe, grace: number | undefined, path: string): FieldError[] {
  const errors = validateHandler(probe, grace, path)
  for (const name of PROBE_COUNTS) errors.push(...validateNonnegative(probe[name], child(path, name)))
  const own = probe.terminationGracePeriodSeconds
  if (own !== undefined && own <= 0) {
    errors.push(invalid(child(path, 'terminationGracePeriodSeconds'), own, 'must be greater than 0'))
  }
  return errors
}

/** Exactly one of the handlers; the first in upstream's order is checked, a further one is refused. */
function validateHandler(handler: Handler, grace: number | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const name of ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const) {
    if (!handler[name]) continue
    found++
    if (found > 1) errors.push(forbidden(child(path, name), 'may not specify more than 1 handler type'))
    else errors.push(...validateOneHandler(handler, name, grace, child(path, name)))
  }
  if (found === 0) errors.push(required(path, 'must specify a handler type'))
  return errors
}

function validateOneHandler(handler: Handler, name: string, grace: number | undefined, path: string): FieldError[] {
  if (name === 'exec') return handler.exec?.command?.length ? [] : [required(child(path, 'command'))]
  if (name === 'httpGet') return validateHttpGet(handler.httpGet!, path)
  if (name === 'tcpSocket') return validatePortNumberOrName(handler.tcpSocket?.port, child(path, 'port'))
  if (name === 'grpc') return validatePortNumberOrName(handler.grpc?.port, child(path, 'port'))
  const seconds = handler.sleep?.seconds ?? 0
  return grace !== undefined && (seconds < 0 || seconds > grace)
    ? [invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)]
    : []
}

function validateHttpGet(get: HTTPGetAction, path: string): FieldError[] {
  const errors = get.path ? [] : [required(child(path, 'path'))]
  errors.push(...validatePortNumberOrName(get.port, child(path, 'port')))
  const scheme = get.scheme ?? ''
  if (!SCHEMES.includes(scheme)) errors.push(notSupported(child(path, 'scheme'), scheme, SCHEMES))
  for (const header of get.httpHeaders ?? []) {
    errors.push(...invalids(child(path, 'httpHeaders'), header.name, isHttpHeaderName(header.name)))
  }
  return errors
}

export function validateLifecycle(
  lifecycle: Lifecycle,
  grace: number | undefined,
  path: string,
  os: PodSpec['os'],
): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['postStart', 'preStop'] as const) {
    if (lifecycle[name]) errors.push(...validateHandler(lifecycle[name] as Handler, grace, child(path, name)))
  }
  if (lifecycle.stopSignal === undefined) return errors
  const field = child(path, 'stopSignal')
  if (!os) errors.push(forbidden(field, 'may not be set for containers with empty `spec.os.name`'))
  else if (os.name === 'windows' && !WINDOWS_SIGNALS.includes(lifecycle.stopSignal)) {
    errors.push(notSupported(field, lifecycle.stopSignal, WINDOWS_SIGNALS))
  }
  return errors
}
