/** Plays sequences of server-side apply against a real kube-apiserver and writes its answers into their golden files. */
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf, FOLDER, Mask, type Sequence, type Step } from './apply-sequences.ts'

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const JSON_TYPE = 'application/json'

interface Answer {
  status: number
  body: unknown
}

async function call(
  method: string,
  path: string,
  text?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(process.env.KUBE_SERVER + path, {
    method,
    headers: { authorization: `Bearer ${process.env.KUBE_TOKEN}`, 'content-type': JSON_TYPE, ...headers },
    ...(text === undefined ? {} : { body: text }),
  })
  // Paths that nobody serves yet are answered in plain text.
  const isJson = response.headers.get('content-type')?.startsWith(JSON_TYPE)
  return { status: response.status, body: isJson ? await response.json() : await response.text() }
}

/** Until its resource is served: the real server makes that known after a while. */
async function define(crd: NonNullable<Sequence['definitions']>[number]): Promise<void> {
  const { spec } = crd as unknown as {
    spec: { group: string; versions: { name: string }[]; names: { plural: string } }
  }
  await call('POST', CRDS, JSON.stringify(crd))
  const list = `/apis/${spec.group}/${spec.versions[0]!.name}/${spec.names.plural}`
  while ((await call('GET', list)).status !== 200) await sleep(200)
  await sleep(3000)
}

async function nextSecond(): Promise<void> {
  await sleep(1010 - (Date.now() % 1000))
}

async function play({ name, definitions = [], steps }: Sequence): Promise<void> {
  for (const crd of definitions) await define(crd)
  await call('POST', '/api/v1/namespaces', JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  await nextSecond()
  const mask = new Mask(Math.floor(Date.now() / 1000) * 1000)
  const answers: unknown[] = []
  for (const step of steps) {
    if (step.later) await nextSecond()
    const { status, body } = await send(step, answers)
    answers.push(body)
    step.status = status
    step.answer = mask.value(body)
  }
  for (const { metadata } of definitions) await call('DELETE', `${CRDS}/${metadata.name}`)
  await call('DELETE', `/api/v1/namespaces/${name}`)
}

function send(step: Step, answers: unknown[]): Promise<Answer> {
  return call(step.method, step.path, bodyOf(step, answers), {
    'content-type': step.contentType ?? JSON_TYPE,
    'user-agent': step.userAgent ?? 'recorder/1.0',
  })
}

/** The named files of test/golden/apply, recorded anew. */
export async function recordApply(files: string[]): Promise<void> {
  for (const file of files) {
    const at = new URL(file, FOLDER)
    const sequences = JSON.parse(readFileSync(at, 'utf8')) as Sequence[]
    for (const sequence of sequences) await play(sequence)
    writeFileSync(at, `[\n${sequences.map((sequence) => JSON.stringify(sequence)).join(',\n')}\n]\n`)
  }
}
