/** networkpolicies. Mirrors pkg/registry/networking/networkpolicy/strategy.go and pkg/apis/networking/validation. */
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import { cidrContains, parseCidr, validateLegacyCidr } from '../../apimachinery/ip.ts'
import { formatSelectorObject } from '../../apimachinery/labels.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPortName, isPortNumber } from '../../apimachinery/names.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { invalids, validateLabelSelector } from '../validation.ts'

type Fields = DynamicObject['spec']

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const POLICY_TYPES = ['Ingress', 'Egress']

export const networkpolicies = defineResource('networking.k8s.io/v1', 'networkpolicies', {
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }) => validateSpec(spec),
  row: (policy, context) => [
    policy.metadata.name ?? '',
    formatSelectorObject(policy['spec'].podSelector ?? {}),
    age(policy, context),
  ],
})

function validateSpec(spec: Fields): FieldError[] {
  const errors = [
    ...validateLabelSelector(spec.podSelector, 'spec.podSelector'),
    ...validateRules(spec.ingress, 'spec.ingress', 'from'),
    ...validateRules(spec.egress, 'spec.egress', 'to'),
  ]
  const types: string[] = spec.policyTypes ?? []
  if (types.length > POLICY_TYPES.length) {
    return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')]
  }
  types.forEach((type, i) => {
    if (!POLICY_TYPES.includes(type)) errors.push(notSupported(index('spec.policyTypes', i), type, POLICY_TYPES))
  })
  return errors
}

function validateRules(rules: Fields[] | undefined, path: string, peers: 'from' | 'to'): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => {
    const at = index(path, i)
    const ports: Fields[] = rule.ports ?? []
    const others: Fields[] = rule[peers] ?? []
    return [
      ...ports.flatMap((port, p) => validatePort(port, index(child(at, 'ports'), p))),
      ...others.flatMap((peer, p) => validatePeer(peer, index(child(at, peers), p))),
    ]
  })
}

function validatePort({ protocol, port, endPort }: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(child(path, 'protocol'), protocol, PROTOCOLS))
  }
  const end = child(path, 'endPort')
  if (port === undefined) {
    return endPort === undefined
      ? errors
      : [...errors, invalid(end, endPort, 'may not be specified when `port` is not specified')]
  }
  if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalid(end, endPort, 'may not be specified when `port` is non-numeric'))
    return [...errors, ...invalids(child(path, 'port'), port, isPortName(port))]
  }
  errors.push(...invalids(child(path, 'port'), port, isPortNumber(port)))
  if (endPort === undefined) return errors
  if (endPort < port) errors.push(invalid(end, endPort, 'must be greater than or equal to `port`'))
  return [...errors, ...invalids(end, endPort, isPortNumber(endPort))]
}

function validatePeer(peer: Fields, path: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const errors = [
    ...validateLabelSelector(podSelector, child(path, 'podSelector')),
    ...validateLabelSelector(namespaceSelector, child(path, 'namespaceSelector')),
  ]
  if (ipBlock) errors.push(...validateIpBlock(ipBlock, child(path, 'ipBlock')))
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(path, 'must specify a peer'))
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
  }
  return errors
}

function validateIpBlock(block: Fields, path: string): FieldError[] {
  const at = child(path, 'cidr')
  if (!block.cidr) return [required(at)]
  const errors = validateLegacyCidr(at, block.cidr)
  const cidr = parseCidr(block.cidr)
  if (!cidr) return errors
  block.except?.forEach((text: string, i: number) => {
    const exceptPath = index(child(path, 'except'), i)
    errors.push(...validateLegacyCidr(exceptPath, text))
    const except = parseCidr(text)
    if (except && (!cidrContains(cidr, except.network) || cidr.prefixLength >= except.prefixLength)) {
      errors.push(invalid(exceptPath, text, 'must be a strict subset of `cidr`'))
    }
  })
  return errors
}
