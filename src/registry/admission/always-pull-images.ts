/** AlwaysPullImages: pods use images only if they may pull them. Off by default. Mirrors plugin/pkg/admission/alwayspullimages. */
import { newUnknownError, type StatusError } from '../../apimachinery/errors.ts'
import { fieldErrorMessage, notSupported } from '../../apimachinery/field-error.ts'
import type { PodSpec } from '../../types/core-v1.ts'
import { type AdmissionPlugin, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

const ALWAYS = 'Always'
const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const

export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  offByDefault: true,
  concerns: requestsFor(['pods'], ['CREATE', 'UPDATE']),
  admit(request) {
    const spec = specOf(request)
    if (!spec) return
    for (const list of LISTS) for (const container of spec[list] ?? []) container.imagePullPolicy = ALWAYS
    for (const { image } of spec.volumes ?? []) if (image) image.pullPolicy = ALWAYS
  },
  validate(request) {
    const spec = specOf(request)
    const errors = spec ? violations(request, spec) : []
    if (errors.length === 0) return
    // Upstream's aggregate has no status of its own: it is answered with 500.
    const texts = errors.map(({ message }) => message)
    throw newUnknownError(texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`)
  },
}

/** Updates that keep the images are passed over. */
function specOf(request: AdmissionRequest): PodSpec | undefined {
  const spec = request.object?.['spec'] as PodSpec | undefined
  const old = (request.old as { spec?: PodSpec } | undefined)?.spec
  return spec && old && sameImages(spec, old) ? undefined : spec
}

const imagesOf = (spec: PodSpec): string[] => LISTS.flatMap((list) => (spec[list] ?? []).map(({ image = '' }) => image))

function sameImages(spec: PodSpec, old: PodSpec): boolean {
  const before = new Set(imagesOf(old))
  return imagesOf(spec).every((image) => before.has(image))
}

function violations(request: AdmissionRequest, spec: PodSpec): StatusError[] {
  const wrong = (field: string, policy: string | undefined): StatusError[] =>
    policy === ALWAYS ? [] : [refuse(request, fieldErrorMessage(notSupported(field, policy ?? '', [ALWAYS])))]
  return [
    ...LISTS.flatMap((list) =>
      (spec[list] ?? []).flatMap(({ imagePullPolicy }, i) =>
        wrong(`spec.${list}[${i}].imagePullPolicy`, imagePullPolicy),
      ),
    ),
    ...(spec.volumes ?? []).flatMap(({ image }, i) =>
      image ? wrong(`spec.volumes[${i}].image.pullPolicy`, image.pullPolicy) : [],
    ),
  ]
}
