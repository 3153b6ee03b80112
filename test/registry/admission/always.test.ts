import { expect, it } from 'vitest'
import { alwaysDeny } from '../../../src/registry/admission/always-deny.ts'
import { alwaysPullImages } from '../../../src/registry/admission/always-pull-images.ts'
import { admissionRequest } from '../../support/admission-request.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

it('AlwaysDeny refuses every write', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }
  const request = admissionRequest('CREATE', 'configmaps', object)
  const why = 'configmaps "c" is forbidden: admission control is denying all modifications'
  expect(() => alwaysDeny.admit?.(request, fakeWriteContext())).toThrow(why)
})

it('AlwaysPullImages finds what came after it, and passes over pods that keep their images', () => {
  const pod = (policy: string, image = 'i') => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image, imagePullPolicy: policy }] },
  })
  const asked = (old?: object) => () =>
    alwaysPullImages.validate?.(
      admissionRequest(old ? 'UPDATE' : 'CREATE', 'pods', pod('Never'), { old: old as never }),
      fakeWriteContext(),
    )
  const why =
    'pods "p" is forbidden: spec.containers[0].imagePullPolicy: Unsupported value: "Never": supported values: "Always"'
  expect(asked()).toThrow(why)
  expect(asked(pod('Always', 'other'))).toThrow(why)
  expect(asked(pod('Always'))).not.toThrow()
})
