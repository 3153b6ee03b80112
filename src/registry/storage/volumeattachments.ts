/** volumeattachments. Mirrors pkg/registry/storage/volumeattachment/strategy.go and pkg/apis/storage/validation. */
import { type FieldError, forbidden, invalid, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import { age } from '../cells.ts'
import { declaredDriverName, declaredImmutable } from '../declarative.ts'
import { defineResource } from '../definition.ts'
import { invalids } from '../validation.ts'

const SOURCE = 'spec.source'

export const volumeattachments = defineResource('storage.k8s.io/v1', 'volumeattachments', {
  prepareForCreate(attachment) {
    attachment['status'] = { attached: false }
  },
  validate: ({ spec }) => [...validateSpec(spec ?? {}), ...declaredDriverName(spec?.attacher ?? '', 'spec.attacher')],
  validateUpdate: ({ spec }, old) => [
    ...declaredDriverName(spec?.attacher ?? '', 'spec.attacher'),
    ...validateSpec(spec ?? {}),
    ...declaredImmutable(spec, old['spec'], 'spec'),
  ],
  subresources: {
    status: {
      validateUpdate: ({ status }) =>
        ['attachError', 'detachError'].flatMap((name) =>
          (status?.[name]?.errorCode ?? 0) < 0
            ? [
                invalid(
                  `status.${name}.errorCode`,
                  status[name].errorCode,
                  'must be between 0 and 2147483647, inclusive',
                ),
              ]
            : [],
        ),
    },
  },
  row: (attachment, context) => {
    const spec = attachment['spec'] ?? {}
    return [
      attachment.metadata.name ?? '',
      spec.attacher ?? '',
      spec.source?.persistentVolumeName ?? '',
      spec.nodeName ?? '',
      attachment['status']?.attached ?? false,
      age(attachment, context),
    ]
  },
})

function validateSpec({ nodeName = '', source = {} }: DynamicObject['spec']): FieldError[] {
  const { inlineVolumeSpec, persistentVolumeName: volume } = source
  const errors: FieldError[] = []
  const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!inlineVolumeSpec && volume === undefined) errors.push(required(SOURCE, exactlyOne))
  else if (inlineVolumeSpec && volume !== undefined) errors.push(forbidden(SOURCE, exactlyOne))
  else if (volume === '') {
    errors.push(required(`${SOURCE}.persistentVolumeName`, 'must specify non empty persistentVolumeName'))
  }
  errors.push(...invalids('spec.nodeName', nodeName, isDns1123Subdomain(nodeName)))
  if (volume !== undefined)
    errors.push(...invalids(`${SOURCE}.persistentVolumeName`, volume, isDns1123Subdomain(volume)))
  return errors
}
