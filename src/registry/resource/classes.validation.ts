/** Classes of devices, and templates of claims. Mirrors validateDeviceClassSpec and validateResourceClaimTemplateSpec of pkg/apis/resource/validation. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, index, invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject, ObjectMeta } from '../../apimachinery/meta.ts'
import { isQualifiedName } from '../../apimachinery/names.ts'
import { noFindings } from '../declarative.ts'
import { validateAnnotations, validateLabels } from '../validation.ts'
import { validateConfiguration, validateDeviceClaim } from './claims.validation.ts'
import { validateSelectors } from './selectors.validation.ts'

type Fields = DynamicObject['spec']

const RESOURCE_NAME = 'spec.extendedResourceName'

export function validateDeviceClass(spec: Fields, old?: Fields): FieldError[] {
  const found = noFindings()
  const selectors: Fields[] = spec?.selectors ?? []
  const stored = old !== undefined && deepEqual(selectors, old.selectors ?? [])
  found.own.push(...validateSelectors(selectors, 'spec.selectors', stored))
  ;((spec?.config ?? []) as Fields[]).forEach((config, i) => {
    validateConfiguration(config, index('spec.config', i), found)
  })
  const name: string | undefined = spec?.extendedResourceName
  if (name !== undefined) found.declared.push(...validateResourceName(name))
  return [...found.own, ...found.declared]
}

function validateResourceName(name: string): FieldError[] {
  const slash = name.indexOf('/')
  if (slash < 0) {
    const messages = isQualifiedName(name).filter((message) => message !== 'name part must be non-empty')
    return [
      invalid(RESOURCE_NAME, name, "a name must be a domain-prefixed path, such as 'example.com/my-prop'"),
      ...messages.map((message) => invalid(RESOURCE_NAME, name, message)),
    ]
  }
  return isQualifiedName(name).map((message) => invalid(RESOURCE_NAME, name, message))
}

/** `changed`: what an update may not change. Of metadata only what is copied to the claims may be there. */
export function validateClaimTemplate(spec: Fields, changed: FieldError[] = []): FieldError[] {
  const { labels, annotations } = (spec?.metadata ?? {}) as ObjectMeta
  const found = noFindings()
  found.own.push(
    ...validateAnnotations(annotations, 'spec.metadata.annotations'),
    ...validateLabels(labels, 'spec.metadata.labels'),
  )
  validateDeviceClaim(spec?.spec?.devices, 'spec.spec.devices', found)
  return [...found.own, ...changed, ...found.declared]
}
