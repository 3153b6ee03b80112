// Plays the requests of requests.mjs against a real API server and writes its answers to test/golden/crd.
// Usage: NODE_TLS_REJECT_UNAUTHORIZED=0 node tools/record/crd/record-crd.mjs https://127.0.0.1:6443 TOKEN
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { areas as plainAreas } from './requests.mjs'
import { ruleAreas } from './rule-requests.mjs'

// Area names after the token limit what is recorded.
const [base, token, ...only] = process.argv.slice(2)
const areas = { ...plainAreas, ...ruleAreas }
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

async function send({ method, path, type = 'application/json', accept = 'application/json', body, text }) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, accept, ...(method === 'GET' ? {} : { 'content-type': type }) },
    body: method === 'GET' ? undefined : (text ?? JSON.stringify(body)),
  })
  const answer = await response.text()
  let value = answer
  try {
    value = JSON.parse(answer)
  } catch {}
  const warning = response.headers.get('warning')
  return { status: response.status, ...(warning ? { warning } : {}), body: value }
}

async function established(name) {
  for (;;) {
    const { body } = await send({ method: 'GET', path: `${CRDS}/${name}` })
    if (body.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) return
    await sleep(100)
  }
}

for (const [area, { definitions, requests }] of Object.entries(areas)) {
  if (only.length > 0 && !only.includes(area)) continue
  for (const crd of definitions) {
    await send({ method: 'POST', path: CRDS, body: crd })
    await established(crd.metadata.name)
  }
  // The server delays creation for two seconds, and reads the first lists from a cache that is not there yet.
  if (definitions.length > 0) await sleep(3000)
  for (const { spec } of definitions) {
    const list = { method: 'GET', path: `/apis/${spec.group}/v1/${spec.names.plural}` }
    while ((await send(list)).status !== 200) await sleep(200)
  }
  const cases = []
  for (const { wait = 0, ...request } of requests) {
    cases.push({ ...request, answer: await send(request) })
    await sleep(wait)
  }
  for (const crd of definitions) await send({ method: 'DELETE', path: `${CRDS}/${crd.metadata.name}` })
  while (definitions.length > 0 && (await send({ method: 'GET', path: CRDS })).body.items.length > 0) await sleep(200)
  const file = new URL(`../../../test/golden/crd/${area}.json`, import.meta.url)
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`)
  writeFileSync(
    file,
    `{\n  "definitions": ${JSON.stringify(definitions)},\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`,
  )
  console.log(area, cases.length)
}
