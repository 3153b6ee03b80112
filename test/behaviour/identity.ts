import { JSON_PATCH, makeNamespace, step } from './steps.ts'

const REVIEW = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews'
const TOKEN_REVIEW = 'POST /apis/authentication.k8s.io/v1/tokenreviews'
const ACCOUNTS = '/api/v1/namespaces/$ns/serviceaccounts'
const whoAmI = (headers: Record<string, string>) => step(REVIEW, {}, { headers })
/** The answers say the token, which differs. */
const review = (spec: object) => step(TOKEN_REVIEW, { spec }, { headers: { 'user-agent': 'x' } })

export const identity = [
  makeNamespace,
  whoAmI({ 'impersonate-user': 'bob' }),
  whoAmI({
    'impersonate-user': 'bob',
    'impersonate-group': 'a',
    'impersonate-uid': '7',
    'impersonate-extra-a%2fb': 'x',
  }),
  whoAmI({ 'impersonate-user': 'bob', 'impersonate-group': 'system:authenticated' }),
  whoAmI({ 'impersonate-user': 'system:serviceaccount:a:b' }),
  whoAmI({ 'impersonate-user': 'system:serviceaccount:a:b', 'impersonate-group': 'g' }),
  whoAmI({ 'impersonate-group': 'g' }),
  whoAmI({ 'impersonate-uid': '7', 'impersonate-extra-scopes': 'view' }),
  step(
    'POST /apis/certificates.k8s.io/v1/certificatesigningrequests?dryRun=All',
    { metadata: { name: 'c' }, spec: {} },
    {
      headers: { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' },
    },
  ),
  step(`PATCH ${ACCOUNTS}/missing`, [], { headers: { ...JSON_PATCH, 'impersonate-group': 'g' } }),
  review({ token: 'abc' }),
  review({ token: 'a.b.c' }),
  review({ token: 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJvdGhlciJ9.' }),
  review({}),
  step(`POST ${ACCOUNTS}`, { metadata: { name: 'robot' } }, { silent: true }),
]
