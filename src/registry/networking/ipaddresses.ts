/** ipaddresses. Mirrors pkg/registry/networking/ipaddress/strategy.go and pkg/apis/networking/validation. */
import { child, type FieldError, required } from '../../apimachinery/field-error.ts'
import { validateIp } from '../../apimachinery/ip.ts'
import { type DynamicObject, formatGroupResource } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain, isPathSegmentName } from '../../apimachinery/names.ts'
import { age } from '../cells.ts'
import { declaredImmutable } from '../declarative.ts'
import { defineResource } from '../definition.ts'
import { invalids } from '../validation.ts'

const PATH = 'spec.parentRef'

export const ipaddresses = defineResource('networking.k8s.io/v1', 'ipaddresses', {
  validateName: (name) => validateIp('', name).map(({ detail }) => detail),
  validate: ({ spec }) => validateParent(spec?.parentRef),
  validateUpdate: ({ spec }, old) => [
    ...validateParent(spec?.parentRef),
    ...declaredImmutable(spec?.parentRef, old['spec']?.parentRef, PATH),
  ],
  // Upstream prints a third cell that has no column.
  row: (address, context) => [address.metadata.name ?? '', parentCell(address), age(address, context)],
})

function validateParent(parent: DynamicObject['spec']): FieldError[] {
  if (!parent) return [required(PATH)]
  const { group, namespace } = parent
  const errors = group ? invalids(child(PATH, 'group'), group, isDns1123Subdomain(group)) : []
  const missing: FieldError[] = []
  for (const name of ['resource', 'name']) {
    const value: string = parent[name] ?? ''
    if (value === '') missing.push(required(child(PATH, name)))
    else errors.push(...invalids(child(PATH, name), value, isPathSegmentName(value)))
  }
  if (namespace) errors.push(...invalids(child(PATH, 'namespace'), namespace, isPathSegmentName(namespace)))
  return [...errors, ...missing]
}

function parentCell({ spec }: DynamicObject): string {
  const parent = spec?.parentRef
  if (!parent) return '<none>'
  const resource = formatGroupResource(parent.group ?? '', parent.resource).toLowerCase()
  return [resource, parent.namespace, parent.name].filter(Boolean).join('/')
}
