/** servicecidrs. Mirrors pkg/registry/networking/servicecidr/strategy.go and pkg/apis/networking/validation. */
import { type FieldError, index, invalid, required } from '../../apimachinery/field-error.ts'
import { parseCidr, validateCidr } from '../../apimachinery/ip.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { IMMUTABLE } from '../validation.ts'

const PATH = 'spec.cidrs'

export const servicecidrs = defineResource('networking.k8s.io/v1', 'servicecidrs', {
  prepareForCreate(range) {
    range['status'] = {}
  },
  validate: ({ spec }) => validateCidrs(spec?.cidrs ?? []),
  validateUpdate: ({ spec }, old) => validateChange(spec, old['spec']?.cidrs ?? []),
  row: (range, context) => [range.metadata.name ?? '', (range['spec']?.cidrs ?? []).join(), age(range, context)],
})

function validateCidrs(cidrs: string[]): FieldError[] {
  if (cidrs.length === 0) return [required(PATH, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(PATH, { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, i) => validateCidr(index(PATH, i), cidr))
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.network.v4)
  if (cidrs.length === 2 && first !== undefined && first === second) {
    const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    errors.push(invalid(PATH, cidrs, why))
  }
  return errors
}

/** A second family may be added; nothing else changes. */
function validateChange(spec: DynamicObject['spec'], old: string[]): FieldError[] {
  const cidrs: string[] = spec?.cidrs ?? []
  const changed = old.flatMap((cidr, i) => (cidr === cidrs[i] ? [] : [invalid(index(PATH, i), cidrs[i], IMMUTABLE)]))
  if (cidrs.length === old.length) return changed
  if (old.length === 1 && cidrs.length === 2) return [...changed, ...validateCidrs(cidrs)]
  return [invalid(PATH, asSent(spec, 'cidrs'), IMMUTABLE)]
}
