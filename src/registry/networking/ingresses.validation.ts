/** Validation of ingresses. Mirrors ValidateIngressSpec and its parts of pkg/apis/networking/validation. */
import { child, type FieldError, index, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { parseIp, validateLegacyIp } from '../../apimachinery/ip.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import {
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
} from '../../apimachinery/names.ts'
import { invalids } from '../validation.ts'

type Fields = DynamicObject['spec']

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F']
const BAD_SUFFIXES = ['/..', '/.']
const NOT_AN_IP = 'must be a DNS name, not an IP address'
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

/** `old`: an update, where names that are already stored are tolerated. */
export function validateIngress(spec: Fields, old?: Fields): FieldError[] {
  const errors: FieldError[] = []
  if (!spec.rules?.length && !spec.defaultBackend) {
    const why = 'either `defaultBackend` or `rules` must be specified'
    errors.push(invalid('spec', spec.rules ?? null, why))
  }
  if (spec.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'))
  spec.rules?.forEach((rule: Fields, i: number) => {
    errors.push(...validateRule(rule, index('spec.rules', i)))
  })
  const oldSecretsAreFine = !old?.tls?.some(({ secretName }: Fields) => secretErrors(secretName).length > 0)
  spec.tls?.forEach((tls: Fields, i: number) => {
    errors.push(...validateTls(tls, index('spec.tls', i), oldSecretsAreFine))
  })
  const className = spec.ingressClassName
  if (className !== undefined) {
    errors.push(...invalids('spec.ingressClassName', className, isDns1123Subdomain(className)))
  }
  return errors
}

/** Only when created: the old annotation and the field agree. */
export function validateIngressClassAnnotation(ingress: DynamicObject): FieldError[] {
  const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION]
  const className = ingress['spec'].ingressClassName
  if (annotation === undefined || className === undefined || annotation === className) return []
  const why = 'must match `ingressClassName` when both are specified'
  return [invalid(`annotations.${CLASS_ANNOTATION}`, annotation, why)]
}

const secretErrors = (name: string | undefined): string[] => (name ? isDns1123Subdomain(name) : [])
const hostErrors = (host: string): string[] =>
  host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host)

function validateTls(tls: Fields, path: string, checkSecret: boolean): FieldError[] {
  const hosts: string[] = tls.hosts ?? []
  const errors = hosts.flatMap((host, i) => invalids(index(child(path, 'hosts'), i), host, hostErrors(host)))
  return checkSecret
    ? [...errors, ...invalids(child(path, 'secretName'), tls.secretName, secretErrors(tls.secretName))]
    : errors
}

function validateRule(rule: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (rule.host) {
    const at = child(path, 'host')
    if (parseIp(rule.host)) errors.push(invalid(at, rule.host, NOT_AN_IP))
    errors.push(...invalids(at, rule.host, hostErrors(rule.host)))
  }
  if (!rule.http) return errors
  const at = child(path, 'http.paths')
  const paths: Fields[] = rule.http.paths ?? []
  if (paths.length === 0) errors.push(required(at))
  return [...errors, ...paths.flatMap((entry, i) => validatePath(entry, index(at, i)))]
}

function validatePath(entry: Fields, path: string): FieldError[] {
  const { pathType } = entry
  if (pathType === undefined || pathType === null)
    return [required(child(path, 'pathType'), 'pathType must be specified')]
  const errors: FieldError[] = []
  const at = child(path, 'path')
  const value: string = entry.path ?? ''
  const absolute = value.startsWith('/') || (value === '' && pathType === 'ImplementationSpecific')
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(child(path, 'pathType'), pathType, PATH_TYPES))
  else if (!absolute) errors.push(invalid(at, value, 'must be an absolute path'))
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const sequence of BAD_SEQUENCES) {
      if (value.includes(sequence)) errors.push(invalid(at, value, `must not contain '${sequence}'`))
    }
    for (const suffix of BAD_SUFFIXES) {
      if (value.endsWith(suffix)) errors.push(invalid(at, value, `cannot end with '${suffix}'`))
    }
  }
  return [...errors, ...validateBackend(entry.backend ?? {}, child(path, 'backend'))]
}

function validateBackend({ resource, service }: Fields, path: string): FieldError[] {
  if (resource && service) return [invalid(path, '', 'cannot set both resource and service backends')]
  if (resource) return validateLocalReference(resource, child(path, 'resource'))
  if (!service) return [invalid(path, '', 'resource or service backend is required')]
  const at = child(path, 'service.name')
  const errors = service.name ? invalids(at, service.name, isDns1123Label(service.name)) : [required(at)]
  const { name, number } = service.port ?? {}
  if (name && number) errors.push(invalid(path, '', 'cannot set both port name & port number'))
  else if (name) errors.push(...invalids(child(path, 'service.port.name'), name, isPortName(name)))
  else if (number) errors.push(...invalids(child(path, 'service.port.number'), number, isPortNumber(number)))
  else errors.push(required(path, 'port name or number is required'))
  return errors
}

function validateLocalReference(reference: Fields, path: string): FieldError[] {
  const { apiGroup } = reference
  const errors = apiGroup == null ? [] : invalids(child(path, 'apiGroup'), apiGroup, isDns1123Subdomain(apiGroup))
  for (const name of ['kind', 'name']) {
    const value: string = reference[name] ?? ''
    const at = child(path, name)
    errors.push(...(value === '' ? [required(at)] : invalids(at, value, isPathSegmentName(value))))
  }
  return errors
}

export function validateIngressStatus({ status }: DynamicObject): FieldError[] {
  const points: Fields[] = status?.loadBalancer?.ingress ?? []
  return points.flatMap(({ ip, hostname }, i) => {
    const path = index('status.loadBalancer.ingress', i)
    const errors = ip ? validateLegacyIp(child(path, 'ip'), ip) : []
    if (!hostname) return errors
    errors.push(...invalids(child(path, 'hostname'), hostname, isDns1123Subdomain(hostname)))
    if (parseIp(hostname)) errors.push(invalid(child(path, 'hostname'), hostname, NOT_AN_IP))
    return errors
  })
}
