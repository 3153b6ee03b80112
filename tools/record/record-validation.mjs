// Sends each case to a real kube-apiserver and keeps what it answered: SERVER=https://... TOKEN=... node tools/record/record-validation.mjs
import { writeFileSync } from 'node:fs'
import { cases } from './validation-cases.mjs'

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
const { SERVER, TOKEN } = process.env
const CLUSTER_SCOPED = new Set(['namespaces', 'nodes', 'persistentvolumes'])
const target = new URL('../../test/golden/core/validation.json', import.meta.url)

async function call(method, path, body) {
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' }
  const answer = await fetch(`${SERVER}${path}`, { method, headers, body: body && JSON.stringify(body) })
  return { code: answer.status, body: await answer.json() }
}

const recorded = []
for (const { resource, name, change, from, body, reserves } of cases) {
  const list = `/api/v1${CLUSTER_SCOPED.has(resource) ? '' : '/namespaces/default'}/${resource}`
  let sent = body()
  let old
  let answer
  if (from) {
    from(sent)
    sent.metadata.name = `${sent.metadata.name}-${recorded.length}`
    const created = await call('POST', list, sent)
    if (created.code !== 201) throw new Error(`${resource} ${name}: ${JSON.stringify(created.body)}`)
    old = created.body
    const next = structuredClone(old)
    change(next)
    answer = await call('PUT', `${list}/${sent.metadata.name}?dryRun=All`, next)
    await call('DELETE', `${list}/${sent.metadata.name}`, { gracePeriodSeconds: 0 })
    const left = await call('GET', `${list}/${sent.metadata.name}`)
    if (left.code === 200) {
      delete left.body.metadata.finalizers
      await call('PUT', `${list}/${sent.metadata.name}`, left.body)
    }
    delete old.metadata.managedFields
    delete next.metadata.managedFields
    sent = next
  } else {
    change(sent)
    answer = await call('POST', reserves ? list : `${list}?dryRun=All`, sent)
  }
  const { code, body: status } = answer
  const causes = status.details?.causes
  // A megabyte of x needs not be kept: the test makes it again.
  const kept = JSON.stringify(sent).length > 100000 ? { ...sent, data: { a: '<1048577 x>' } } : sent
  recorded.push({
    resource,
    name,
    ...(old ? { old } : {}),
    request: kept,
    code,
    ...(causes ? { causes } : { message: status.message }),
  })
  if (code !== 422) console.log(code, resource, name, status.message ?? '')
}
writeFileSync(target, `${JSON.stringify(recorded, null, 1)}\n`)
console.log(`${recorded.length} answers`)
