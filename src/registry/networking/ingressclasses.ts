/** ingressclasses. Mirrors pkg/registry/networking/ingressclass/strategy.go and pkg/apis/networking/validation. */
import { type FieldError, forbidden, notSupported, required, tooLong } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Label, isDns1123Subdomain, isPathSegmentName } from '../../apimachinery/names.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateDomainPrefixedPath } from '../domain-prefixed-path.ts'
import { invalids, validateImmutable } from '../validation.ts'

type Fields = DynamicObject['spec']

const MAX_CONTROLLER_BYTES = 250
const PATH = 'spec.parameters'

export const ingressclasses = defineResource('networking.k8s.io/v1', 'ingressclasses', {
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [
    ...validateImmutable(spec.controller ?? '', old['spec'].controller ?? '', 'spec.controller'),
    ...validateSpec(spec),
  ],
  row: (ingressClass, context) => [
    ingressClass.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true'
      ? `${ingressClass.metadata.name} (default)`
      : (ingressClass.metadata.name ?? ''),
    ingressClass['spec'].controller ?? '',
    parametersCell(ingressClass['spec'].parameters),
    age(ingressClass, context),
  ],
})

function parametersCell(parameters: Fields): string {
  if (!parameters) return '<none>'
  const group = parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`
  return `${parameters.kind}${group}/${parameters.name}`
}

function validateSpec({ controller, parameters }: Fields): FieldError[] {
  const errors = controller?.length > MAX_CONTROLLER_BYTES ? [tooLong('spec.controller', MAX_CONTROLLER_BYTES)] : []
  errors.push(...validateDomainPrefixedPath(controller, 'spec.controller'))
  return parameters ? [...errors, ...validateParameters(parameters)] : errors
}

function validateParameters(parameters: Fields): FieldError[] {
  const { apiGroup, scope, namespace } = parameters
  const errors = apiGroup === undefined ? [] : invalids(`${PATH}.apiGroup`, apiGroup, isDns1123Subdomain(apiGroup))
  const missing: FieldError[] = []
  for (const name of ['kind', 'name']) {
    const value: string = parameters[name] ?? ''
    if (value === '') missing.push(required(`${PATH}.${name}`))
    else errors.push(...invalids(`${PATH}.${name}`, value, isPathSegmentName(value)))
  }
  if (scope === undefined) errors.push(required(`${PATH}.scope`))
  else if (scope === 'Namespace') {
    const at = `${PATH}.namespace`
    errors.push(
      ...(namespace === undefined
        ? [required(at, "`parameters.scope` is set to 'Namespace'")]
        : invalids(at, namespace, isDns1123Label(namespace))),
    )
  } else if (scope !== 'Cluster') errors.push(notSupported(`${PATH}.scope`, scope, ['Cluster', 'Namespace']))
  else if (namespace !== undefined) {
    errors.push(forbidden(`${PATH}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  }
  return [...errors, ...missing]
}
