/** What the conversion webhooks of the tests answer, by path. `spec.host` and `spec.port` of v1 are `spec.address` of v2. */
import type { Answer } from '../support/https-backend.ts'

type Fields = Record<string, unknown>
// biome-ignore lint/suspicious/noExplicitAny: objects of no known kind
type Loose = any

export function convert(object: Loose, apiVersion: string): Loose {
  const { spec, ...rest } = object
  if (!spec) return { ...rest, apiVersion }
  if (apiVersion.endsWith('/v2'))
    return { ...rest, apiVersion, spec: { address: `${spec.host ?? ''}:${spec.port ?? 0}` } }
  const [host, port] = String(spec.address).split(':')
  return { ...rest, apiVersion, spec: { host, port: Number(port) } }
}

function review(change: (objects: Loose[], request: Loose) => Fields, more: Fields = {}): Answer {
  return ({ body: { apiVersion, request } }) => {
    const objects = request.objects.map((object: Loose) => convert(object, request.desiredAPIVersion))
    const response = { uid: request.uid, result: { status: 'Success' }, convertedObjects: objects }
    return { apiVersion, kind: 'ConversionReview', response: { ...response, ...change(objects, request) }, ...more }
  }
}

const each = (change: (object: Loose) => Loose): Answer =>
  review((objects) => ({ convertedObjects: objects.map((object) => change(structuredClone(object))) }))

const withMetadata = (fields: Fields): Answer =>
  each((object) => ({ ...object, metadata: { ...object.metadata, ...fields } }))

export const conversionRoutes: Record<string, Answer> = {
  '/convert': review(() => ({})),
  '/refuse': review(() => ({ result: { status: 'Failure', message: 'no such address' }, convertedObjects: [] })),
  '/refuse-silently': review(() => ({ result: { status: 'Failure' }, convertedObjects: [] })),
  '/no-result': review(() => ({ result: undefined })),
  '/wrong-uid': review(() => ({ uid: 'another' })),
  '/too-few': review(() => ({ convertedObjects: [] })),
  '/too-many': review((objects) => ({ convertedObjects: [...objects, ...objects] })),
  '/unconverted': review((_, request) => ({ convertedObjects: request.objects })),
  '/wrong-kind': each((object) => ({ ...object, kind: 'Other' })),
  '/renamed': withMetadata({ name: 'other' }),
  '/moved': withMetadata({ namespace: 'other' }),
  '/new-uid': withMetadata({ uid: 'other' }),
  '/labelled': withMetadata({
    labels: { converted: 'yes' },
    annotations: { by: 'webhook' },
    finalizers: ['x/y'],
    generation: 77,
  }),
  '/bad-label': withMetadata({ labels: { 'not valid!': 'x' } }),
  '/label-type': withMetadata({ labels: { a: 1 } }),
  '/no-metadata': each(({ metadata: _, ...object }) => object),
  '/no-response': ({ body }) => ({ apiVersion: body.apiVersion, kind: 'ConversionReview' }),
  '/other-version': review(() => ({}), { apiVersion: 'apiextensions.k8s.io/v1beta1' }),
  '/no-kind': review(() => ({}), { apiVersion: undefined, kind: undefined }),
  '/error': (_, res) => void res.writeHead(500, { 'content-type': 'text/plain' }).end('it broke'),
  '/text': (_, res) => void res.writeHead(200, { 'content-type': 'text/plain' }).end('hello'),
  '/not-an-object': review(() => ({ convertedObjects: ['x'] })),
}
