// Asks the requests of requests.mjs of a real API server and writes its answers to test/golden/policies/policies.json.
// Usage: NODE_TLS_REJECT_UNAUTHORIZED=0 node tools/record/policies/record-policies.mjs https://127.0.0.1:6443 TOKEN
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { requests, setup } from './requests.mjs'

const [base, token] = process.argv.slice(2)

async function send({ method, path, body, type = 'application/json' }) {
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': type } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const warning = response.headers.get('warning')
  return { status: response.status, ...(warning ? { warning } : {}), body: await response.json() }
}

for (const one of setup) {
  const { status, body } = await send(one)
  if (status !== 201) throw new Error(`${one.body.metadata.name}: ${body.message}`)
}
// The server looks for changes of policies once a second.
await sleep(4000)
const cases = []
for (const request of requests) cases.push({ ...request, answer: await send(request) })
const lines = (all) => all.map((one) => `    ${JSON.stringify(one)}`).join(',\n')
const file = new URL('../../../test/golden/policies/policies.json', import.meta.url)
writeFileSync(file, `{\n  "setup": [\n${lines(setup)}\n  ],\n  "cases": [\n${lines(cases)}\n  ]\n}\n`)
console.log(cases.length)
