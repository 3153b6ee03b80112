// Fills golden files with a real kube-apiserver's answers: `node tools/record/record-golden.mjs test/golden/invalid/*.json test/golden/columns/*.json`.
// Environment: KUBE_SERVER, KUBE_TOKEN, NODE_TLS_REJECT_UNAUTHORIZED=0. A file holds its questions and the recorded answers together:
//   invalid: {bases: {name: {path, object}}, cases: [{base, set, door?: 'update' | 'status' | 'approval'}]}  gets bases[].stored and cases[].answer
//   columns: {rows: [{path, object, status?}]}                                                            gets rows[].stored, .cells and .now
// `set` maps dotted paths (list positions as numbers) to values; null deletes.
import { readFileSync, writeFileSync } from 'node:fs'

const server = process.env.KUBE_SERVER
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

async function call(method, path, body, accept = 'application/json') {
  const response = await fetch(server + path, {
    method,
    headers: { authorization: `Bearer ${process.env.KUBE_TOKEN}`, accept, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return JSON.parse(text)
}

export function change(object, set) {
  const copy = structuredClone(object)
  for (const [path, value] of Object.entries(set)) {
    const steps = path.match(/(\\.|[^.])+/g).map((step) => step.replaceAll('\\.', '.'))
    const last = steps.pop()
    let at = copy
    for (const step of steps) at = at[step] ??= {}
    if (value === null) delete at[last]
    else at[last] = value
  }
  return copy
}

function strip(object) {
  const { uid, resourceVersion, managedFields, creationTimestamp, ...metadata } = object.metadata
  return { ...object, metadata }
}

async function recordInvalid(file) {
  for (const base of Object.values(file.bases)) {
    const answer = await call('POST', `${base.path}?dryRun=All`, base.object)
    if (answer.kind === 'Status') throw new Error(`base: ${answer.message}`)
    base.stored = strip(answer)
  }
  const kept = []
  for (const test of file.cases) {
    const base = file.bases[test.base]
    let answer
    if (test.door === undefined) answer = await call('POST', `${base.path}?dryRun=All`, change(base.stored, test.set))
    else {
      const stored = await call('POST', base.path, base.object)
      const name = stored.metadata.name
      const door = test.door === 'update' ? '' : `/${test.door}`
      answer = await call('PUT', `${base.path}/${name}${door}?dryRun=All`, change(stored, test.set))
      await call('DELETE', `${base.path}/${name}?gracePeriodSeconds=0&propagationPolicy=Background`)
    }
    if (answer.code !== 422)
      console.error(
        'not a 422, dropped:',
        test.base,
        test.door ?? '',
        JSON.stringify(test.set),
        answer.code,
        answer.message ?? '',
      )
    else kept.push({ ...test, answer })
  }
  file.cases = kept
}

async function recordColumns(file) {
  for (const row of file.rows) {
    const created = await call('POST', row.path, row.object)
    if (created.kind === 'Status') throw new Error(`${row.path}: ${created.message}`)
    const at = `${row.path}/${created.metadata.name}`
    if (row.status) {
      const answer = await call('PUT', `${at}/status`, { ...created, status: row.status })
      if (answer.kind === 'Status') throw new Error(`${at}/status: ${answer.message}`)
    }
    const stored = await call('GET', at)
    const table = await call('GET', at, undefined, TABLE)
    row.now = Date.now()
    const { managedFields, ...metadata } = stored.metadata
    row.stored = { ...stored, metadata }
    row.cells = table.rows[0].cells
    await call('DELETE', `${at}?gracePeriodSeconds=0&propagationPolicy=Background`)
  }
}

for (const name of process.argv.slice(2)) {
  const file = JSON.parse(readFileSync(name, 'utf8'))
  if (file.rows) await recordColumns(file)
  else await recordInvalid(file)
  writeFileSync(name, `${JSON.stringify(file, null, 1)}\n`)
  console.error(name, (file.rows ?? file.cases).length)
}
