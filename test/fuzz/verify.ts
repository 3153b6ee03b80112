/** Everything that is stored must decode, be valid, and stay the same through JSON, YAML and protobuf. */

import { isDeepStrictEqual } from 'node:util'
import { load } from 'js-yaml'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'

const JSON_TYPE = 'application/json'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'

/** Their labels are those of the template when they have none: a write of status may leave them without, and the next update puts them in. As upstream. */
const DEFAULTED_LATE = new Set(['Job', 'ReplicationController'])

/** Answers how many objects were looked at. */
export async function verifyStored(url: string, found: (what: string, request: string) => void): Promise<number> {
  let verified = 0
  for (const { group, version, resource, verbs } of loadFacts().resources) {
    if (!verbs.includes('list') || !verbs.includes('update')) continue
    const root = `${url}${group ? `/apis/${group}` : '/api'}/${version}`
    const { items } = await json<{ items: DynamicObject[] }>(`${root}/${resource}`)
    for (const object of items) {
      const { namespace, name = '' } = object.metadata
      const path = `${root}/${namespace ? `namespaces/${namespace}/` : ''}${resource}/${encodeURIComponent(name)}`
      const wrong = await verify(path)
      verified++
      if (wrong) found(wrong, `${path.slice(url.length)} ${JSON.stringify(await json(path))}`)
    }
  }
  return verified
}

async function verify(path: string): Promise<string | undefined> {
  const object = await json<DynamicObject>(path)
  const yaml = await (await ask(path, { accept: 'application/yaml' })).text()
  if (!isDeepStrictEqual(load(yaml), object)) return `the YAML is another object: ${yaml.slice(0, 2000)}`
  const bytes = Buffer.from(await (await ask(path, { accept: PROTOBUF })).arrayBuffer())
  const asJson = await put(path, JSON_TYPE, JSON.stringify(object))
  if (!asJson.ok) return `a PUT of it is refused: ${asJson.text.slice(0, 1500)}`
  const asProtobuf = await put(path, PROTOBUF, bytes)
  if (!asProtobuf.ok) return `a PUT of its protobuf is refused: ${asProtobuf.text.slice(0, 1500)}`
  const sent = withoutManagers(JSON.parse(asJson.text))
  const same = isDeepStrictEqual(sent, withoutManagers(JSON.parse(asProtobuf.text)))
  if (!same) return `the protobuf is another object: ${asProtobuf.text.slice(0, 1500)}`
  if (
    !DEFAULTED_LATE.has(object.kind ?? '') &&
    !isDeepStrictEqual(withoutCounters(sent), withoutCounters(withoutManagers(object)))
  ) {
    return `a PUT of it changes it: ${asJson.text.slice(0, 1500)}`
  }
  return undefined
}

/** Writes are noted there, and these differ. */
function withoutManagers(object: DynamicObject): DynamicObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata } as DynamicObject
}

/** Of an object that is written, though nothing changes. */
function withoutCounters(object: DynamicObject): DynamicObject {
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata } as DynamicObject
}

const ask = (path: string, headers: Record<string, string>): Promise<Response> => fetch(path, { headers })

async function json<T>(path: string): Promise<T> {
  return (await (await ask(path, { accept: JSON_TYPE })).json()) as T
}

async function put(path: string, type: string, body: string | Buffer): Promise<{ ok: boolean; text: string }> {
  const headers = { accept: JSON_TYPE, 'content-type': type }
  const answer = await fetch(`${path}?dryRun=All`, { method: 'PUT', headers, body })
  return { ok: answer.ok, text: await answer.text() }
}
