/** Second doors to a kind: requests speak one version, the kind's rules are written for the stored one. */
import type { DynamicObject } from '../apimachinery/meta.ts'
import type { ResourceHooks } from './definition.ts'

/** The rules of the stored form for objects in the door's form. `prepare*` hooks change objects in place: the door brings its own. */
export function rulesOfStoredForm(
  hooks: ResourceHooks,
  storedVersion: string,
  conversion: NonNullable<ResourceHooks['conversion']>,
): ResourceHooks {
  const {
    validateName,
    validateFirst,
    metadataLast,
    validate,
    validateUpdate,
    warnings,
    row,
    selectableFields = {},
    subresources,
  } = hooks
  const stored = (object: DynamicObject): DynamicObject =>
    object.apiVersion === storedVersion ? object : conversion.toStored(object)
  const status = subresources?.['status']?.validateUpdate
  return {
    conversion,
    ...(validateName ? { validateName } : {}),
    ...(validateFirst ? { validateFirst: (object) => validateFirst(stored(object)) } : {}),
    ...(metadataLast ? { metadataLast } : {}),
    validate: (object, context) => validate?.(stored(object), context) ?? [],
    validateUpdate: (object, old, context) => validateUpdate?.(stored(object), stored(old), context) ?? [],
    warnings: (object, old, context) => warnings?.(stored(object), old && stored(old), context) ?? [],
    ...(row ? { row: (object, context) => row(stored(object), context) } : {}),
    selectableFields: Object.fromEntries(
      Object.entries(selectableFields).map(([field, read]) => [field, (object) => read(stored(object))]),
    ),
    ...(status
      ? {
          subresources: {
            status: { validateUpdate: (object, old, context) => status(stored(object), stored(old), context) },
          },
        }
      : {}),
  }
}
