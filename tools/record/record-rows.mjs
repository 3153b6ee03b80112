// Makes each object on a real kube-apiserver and keeps the row it shows: SERVER=https://... TOKEN=... node tools/record/record-rows.mjs
import { writeFileSync } from 'node:fs'
import { cases } from './row-cases.mjs'

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
const { SERVER, TOKEN } = process.env
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const CLUSTER_SCOPED = new Set(['namespaces', 'nodes', 'persistentvolumes'])
const target = new URL('../../test/golden/core/rows.json', import.meta.url)

async function call(method, path, body, type = 'application/json', accept = 'application/json') {
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': type, Accept: accept }
  const answer = await fetch(`${SERVER}${path}`, { method, headers, body: body && JSON.stringify(body) })
  const json = await answer.json()
  if (!answer.ok && method !== 'DELETE') throw new Error(`${method} ${path}: ${JSON.stringify(json)}`)
  return json
}

const recorded = []
for (const { resource, name, fields, status, deleted } of cases) {
  const list = `/api/v1${CLUSTER_SCOPED.has(resource) ? '' : '/namespaces/default'}/${resource}`
  const path = `${list}/${name}`
  await call('POST', list, {
    ...fields,
    metadata: { ...fields.metadata, name, ...(deleted ? { finalizers: ['example.com/keep'] } : {}) },
  })
  if (status) await call('PATCH', `${path}/status`, { status }, 'application/merge-patch+json')
  if (deleted) await call('DELETE', path)
  const table = await call('GET', `${path}?includeObject=Object`, undefined, undefined, TABLE)
  const [{ cells, conditions, object }] = table.rows
  delete object.metadata.managedFields
  recorded.push({
    resource,
    name,
    now: Date.now(),
    columns: table.columnDefinitions.map((column) => column.name),
    cells,
    ...(conditions ? { conditions } : {}),
    object,
  })
  await call('DELETE', path, { gracePeriodSeconds: 0 })
  if (deleted)
    await call('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json').catch(() => undefined)
}
writeFileSync(target, `${JSON.stringify(recorded, null, 1)}\n`)
console.log(`${recorded.length} rows`)
