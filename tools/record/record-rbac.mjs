// Plays rbac-cases.mjs against a fresh kube-apiserver with --authorization-mode=RBAC and writes its answers to test/golden/rbac.json.
// Usage: NODE_TLS_REJECT_UNAUTHORIZED=0 node tools/record/record-rbac.mjs https://127.0.0.1:6443 TOKEN
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { cases } from './rbac-cases.mjs'

const [base, token] = process.argv.slice(2)

async function send({ method, path, body, contentType = 'application/json', as, groups = [] }) {
  const headers = new Headers({ authorization: `Bearer ${token}`, 'content-type': contentType })
  if (as) headers.set('impersonate-user', as)
  for (const group of groups) headers.append('impersonate-group', group)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(base + path, { method, headers, ...(body === undefined ? {} : { body: text }) })
  const answer = await response.text()
  const isStatus = response.status >= 400 || path.includes('/authorization.k8s.io/')
  // Of what is allowed only the status counts: the rest is not about roles.
  return { status: response.status, ...(isStatus ? { answer: parsed(answer) } : {}) }
}

function parsed(text) {
  try {
    const value = JSON.parse(text)
    if (value.metadata) delete value.metadata.managedFields
    return value
  } catch {
    return text
  }
}

const lines = []
for (const one of cases) {
  lines.push(`  ${JSON.stringify({ ...one, ...(await send(one)) })}`)
  // The authorizer looks into caches.
  if (!one.as) await sleep(500)
}
writeFileSync(new URL('../../test/golden/rbac.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`)
console.log(lines.length)
