/** What the webhooks of the tests answer, by path. */
import type { Answer } from '../support/https-backend.ts'

type Fields = Record<string, unknown>

const review = (response: Fields | ((request: Fields) => Fields), more: Fields = {}): Answer => {
  return ({ body }) => ({
    apiVersion: body.apiVersion ?? 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: body.request?.uid, ...(typeof response === 'function' ? response(body.request ?? {}) : response) },
    ...more,
  })
}

export const patched = (operations: unknown): Fields => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(typeof operations === 'string' ? operations : JSON.stringify(operations)).toString('base64'),
})

const denied = (status?: Fields): Fields => ({ allowed: false, ...(status ? { status } : {}) })

const raw = (status: number, type: string, text: string, headers: Record<string, string> = {}): Answer => {
  return (_, res) => {
    res.writeHead(status, { ...(type ? { 'content-type': type } : {}), ...headers }).end(text)
  }
}

const STATUS = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'from the webhook',
  reason: 'Conflict',
  code: 409,
}

export const admissionRoutes: Record<string, Answer> = {
  '/allow': review({ allowed: true }),
  '/deny': review(denied()),
  '/deny-message': review(denied({ message: 'not like this' })),
  '/deny-reason': review(denied({ reason: 'Forbidden' })),
  '/deny-code': review(denied({ code: 403, message: 'forbidden by the webhook', reason: 'Forbidden' })),
  '/deny-success': review(denied({ code: 200, status: 'Success', message: 'odd' })),
  '/deny-details': review(
    denied({
      code: 422,
      reason: 'Invalid',
      message: 'bad data',
      metadata: {},
      details: {
        name: 'x',
        kind: 'ConfigMap',
        causes: [{ reason: 'FieldValueInvalid', message: 'no', field: 'data.a' }],
      },
    }),
  ),
  '/warn': review({ allowed: true, warnings: ['first of the webhook', 'a "quoted" one'] }),
  '/warn-deny': review({ ...denied({ message: 'after a warning' }), warnings: ['warned'] }),
  '/audit': review({ allowed: true, auditAnnotations: { seen: 'yes' } }),
  '/label-a': review(patched([{ op: 'add', path: '/metadata/labels', value: { a: '1' } }])),
  '/label-b': review((request) => {
    const { labels = {} } = (request['object'] as { metadata: { labels?: Record<string, string> } }).metadata
    return patched([
      { op: 'add', path: '/metadata/labels', value: { ...labels, b: `${Object.keys(labels).sort().join('-')}` } },
    ])
  }),
  '/data': review(patched([{ op: 'add', path: '/data/by-webhook', value: 'yes' }])),
  '/nothing': review(patched([])),
  '/same': review(patched([{ op: 'add', path: '/data/a', value: '1' }])),
  '/patch-missing': review(patched([{ op: 'replace', path: '/spec/nothing/x', value: 1 }])),
  '/patch-remove': review(patched([{ op: 'remove', path: '/data/none' }])),
  '/patch-test': review(patched([{ op: 'test', path: '/data/a', value: 'other' }])),
  '/patch-garbage': review(patched('nope')),
  '/patch-object': review(patched('{"op":"add"}')),
  '/patch-operation': review(patched([{ op: 'frobnicate', path: '/data/a', value: '2' }])),
  '/patch-without-type': review({ allowed: true, patch: 'W10=' }),
  '/type-without-patch': review({ allowed: true, patchType: 'JSONPatch' }),
  '/patch-merge': review({ ...patched([{ op: 'add', path: '/data/b', value: '2' }]), patchType: 'MergePatch' }),
  '/patch-unknown': review(patched([{ op: 'add', path: '/unknown', value: '2' }])),
  '/patch-mistyped': review(patched([{ op: 'add', path: '/data/b', value: 2 }])),
  '/patch-name': review(patched([{ op: 'replace', path: '/metadata/name', value: 'renamed' }])),
  '/patch-add-to-nothing': review(patched([{ op: 'add', path: '/metadata/annotations/x', value: 'y' }])),
  '/unknown-spec': review(patched([{ op: 'add', path: '/spec/unknown', value: 'x' }])),
  '/mistyped-spec': review(patched([{ op: 'add', path: '/spec/text', value: 5 }])),
  '/no-spec': review(patched([{ op: 'remove', path: '/spec' }])),
  '/patch-index': review(patched([{ op: 'add', path: '/metadata/finalizers/5', value: 'y' }])),
  '/patch-move': review(patched([{ op: 'move', from: '/spec/x', path: '/data/x' }])),
  '/patch-replace-key': review(patched([{ op: 'replace', path: '/data/none', value: 'x' }])),
  '/patch-invalid': review(patched([{ op: 'add', path: '/metadata/labels', value: { 'not valid!': 'x' } }])),
  '/patch-defaults': review(
    patched([{ op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'side', image: 'side' } }]),
  ),
  '/replicas': review(patched([{ op: 'replace', path: '/spec/replicas', value: 7 }])),
  '/wrong-uid': review({ allowed: true, uid: 'another' }),
  '/no-response': ({ body }) => ({ apiVersion: body.apiVersion, kind: 'AdmissionReview' }),
  '/wrong-version': review({ allowed: true }, { apiVersion: 'admission.k8s.io/v1beta1' }),
  '/wrong-kind': review({ allowed: true }, { kind: 'Review' }),
  '/wrong-group': review({ allowed: true }, { apiVersion: 'example.com/v1' }),
  '/no-kind': review({ allowed: true }, { kind: undefined, apiVersion: undefined }),
  '/mistyped': review({ allowed: 'yes' }),
  '/not-said': review({}),
  '/text': raw(200, 'text/plain', 'ok'),
  '/empty': raw(200, 'application/json', ''),
  '/list': raw(200, 'application/json', '[]'),
  '/truncated': raw(
    200,
    'application/json',
    '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid"',
  ),
  '/error': raw(500, 'text/plain', 'it broke\n'),
  '/error-json': raw(500, 'application/json', '{"error":"it broke"}'),
  '/error-status': raw(409, 'application/json', JSON.stringify(STATUS)),
  '/bad-request': raw(400, 'text/plain', 'bad'),
  '/unauthorized': raw(401, 'text/plain', 'who'),
  '/forbidden': raw(403, 'text/plain', 'you may not'),
  '/unavailable': raw(503, 'text/plain', 'soon'),
  '/too-many': raw(429, 'text/plain', 'slow down'),
  '/teapot': raw(418, 'text/plain', 'short and stout'),
  '/redirect': raw(307, '', '', { location: '/deny' }),
  '/redirect-get': raw(302, '', '', { location: '/deny' }),
  '/hang': () => undefined,
  '/reset': (_, res) => {
    res.socket?.destroy()
  },
}
