/** What every served resource must do, told by its discovery verbs: one suite for all rows of the table. Mirrors rest/resttest. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import type { ResourceFact } from '../../src/apimachinery/schema/facts.ts'
import { openWatch } from '../support/watch.ts'

const NAMESPACE = 'default'
const LABEL = 'conformance'

export interface Reply {
  status: number
  body: DynamicObject
}

/** The smallest object that a real server takes (recorded: test/golden/minimal), or undefined. */
export function minimalOf({ group, version, resource }: ResourceFact): DynamicObject | undefined {
  const file = new URL(`../golden/minimal/${group || 'core'}-${version}.json`, import.meta.url)
  const objects = JSON.parse(readFileSync(file, 'utf8')) as Record<string, DynamicObject>
  return objects[resource]
}

/** One resource behind one server. */
export class ResourceClient {
  readonly collection: string
  readonly item: string
  readonly fact: ResourceFact
  readonly minimal: DynamicObject
  readonly #url: string

  constructor(url: string, fact: ResourceFact, minimal: DynamicObject) {
    const root = fact.group === '' ? `/api/${fact.version}` : `/apis/${fact.group}/${fact.version}`
    this.#url = url
    this.fact = fact
    this.minimal = minimal
    this.collection = `${root}${fact.namespaced ? `/namespaces/${NAMESPACE}` : ''}/${fact.resource}`
    this.item = `${this.collection}/${minimal.metadata?.name ?? 'minimal'}`
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
  }

  patch(path: string, type: string, body: unknown): Promise<Reply> {
    return this.send('PATCH', path, body, { 'content-type': `application/${type}+json` })
  }

  watch(query: string): ReturnType<typeof openWatch> {
    return openWatch(`${this.#url}${this.collection}?watch=true&${query}`)
  }

  async create(): Promise<DynamicObject> {
    const { status, body } = await this.send('POST', this.collection, this.minimal)
    expect({ status, message: body['message'] }).toEqual({ status: 201, message: undefined })
    return body
  }

  /** Deletes, and takes away what holds the object back. */
  async remove(): Promise<Reply> {
    const reply = await this.send('DELETE', `${this.item}?propagationPolicy=Background`)
    const { status, body } = await this.send('GET', this.item)
    if (status === 404) return reply
    expect(body.metadata.deletionTimestamp).toBeDefined()
    if (body['spec']?.finalizers) {
      await this.send('PUT', `${this.item}/finalize`, { ...body, spec: { ...body['spec'], finalizers: [] } })
    } else await this.patch(this.item, 'merge-patch', { metadata: { finalizers: null } })
    expect((await this.send('GET', this.item)).status).toBe(404)
    return reply
  }
}

const marks = (body: DynamicObject) => ({ uid: body.metadata.uid, version: body.metadata.resourceVersion })

/** Declares the tests of a stored resource. Each begins and ends without the object. */
export function storedResourceTests(client: () => ResourceClient): void {
  it('POST creates, once; a dry run stores nothing', async () => {
    const { send, create, remove, collection, item, minimal, fact } = bound(client())
    const dry = await send('POST', `${collection}?dryRun=All`, minimal)
    expect(dry.status).toBe(201)
    expect(dry.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(dry.body.metadata.resourceVersion).toBeUndefined()
    expect((await send('GET', item)).status).toBe(404)
    const created = await create()
    expect(created.kind).toBe(fact.kind)
    expect(created.metadata.creationTimestamp).toMatch(/Z$/)
    expect((await send('GET', item)).body).toEqual(created)
    const again = await send('POST', collection, minimal)
    expect([again.status, again.body['reason']]).toEqual([409, 'AlreadyExists'])
    await remove()
  })

  it('LIST shows it whole, by label, and as a Table', async () => {
    const { send, create, remove, patch, collection, item, fact } = bound(client())
    await create()
    const { body: labelled } = await patch(item, 'merge-patch', { metadata: { labels: { [LABEL]: 'yes' } } })
    const { body: list } = await send('GET', `${collection}?labelSelector=${LABEL}=yes`)
    const { kind: _kind, apiVersion: _version, ...item0 } = labelled
    expect(list.kind).toBe(`${fact.kind}List`)
    expect(list['items']).toEqual([item0])
    expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(labelled.metadata.resourceVersion))
    expect((await send('GET', `${collection}?labelSelector=${LABEL}=no`)).body['items']).toEqual([])
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const table = (await send('GET', `${collection}?labelSelector=${LABEL}`, undefined, { accept })).body
    expect(table.kind).toBe('Table')
    expect(table['rows']).toHaveLength(1)
    // Upstream's IPAddress has a cell more than it has columns.
    expect(table['rows'][0].cells.length).toBeGreaterThanOrEqual(table['columnDefinitions'].length)
    expect(table['rows'][0].object.metadata).toEqual(labelled.metadata)
    await remove()
  })

  it('PUT and PATCH of three types change it; what changes nothing keeps its resourceVersion', async () => {
    const { send, create, remove, patch, item } = bound(client())
    const created = await create()
    const next = { ...created, metadata: { ...created.metadata, annotations: { step: 'put' } } }
    const put = await send('PUT', item, next)
    expect(put.status).toBe(200)
    expect(put.body.metadata.annotations?.step).toBe('put')
    expect(marks(put.body).uid).toBe(marks(created).uid)
    expect(Number(marks(put.body).version)).toBeGreaterThan(Number(marks(created).version))
    const stale = await send('PUT', item, { ...next, metadata: { ...next.metadata, annotations: { step: 'stale' } } })
    expect([stale.status, stale.body['reason']]).toEqual([409, 'Conflict'])
    const bodies: [string, unknown][] = [
      ['merge-patch', { metadata: { annotations: { step: 'merge-patch' } } }],
      ['strategic-merge-patch', { metadata: { annotations: { step: 'strategic-merge-patch' } } }],
      ['json-patch', [{ op: 'replace', path: '/metadata/annotations/step', value: 'json-patch' }]],
    ]
    for (const [type, body] of bodies) {
      const first = await patch(item, type, body)
      expect([first.status, first.body.metadata.annotations?.step]).toEqual([200, type])
      expect(marks((await patch(item, type, body)).body)).toEqual(marks(first.body))
    }
    const { body: last } = await send('GET', item)
    const dry = await patch(`${item}?dryRun=All`, 'merge-patch', { metadata: { annotations: { step: 'dry' } } })
    expect(dry.body.metadata.annotations?.step).toBe('dry')
    expect((await send('GET', item)).body).toEqual(last)
    await remove()
  })

  it('WATCH tells its life from a revision before it', async () => {
    const { send, create, remove, patch, watch, collection, item } = bound(client())
    const before = (await send('GET', `${collection}?limit=1`)).body.metadata.resourceVersion
    const created = await create()
    const { body: patched } = await patch(item, 'merge-patch', { metadata: { labels: { [LABEL]: 'yes' } } })
    await remove()
    const reader = await watch(`resourceVersion=${before}`)
    await reader.until(3)
    expect(reader.frames[0]).toEqual({ type: 'ADDED', object: created })
    expect(reader.frames[1]).toEqual({ type: 'MODIFIED', object: patched })
    const name = created.metadata.name
    const last = reader.frames.filter(({ object }) => object.metadata.name === name).at(-1)
    expect(last?.type).toBe('DELETED')
    reader.close()
  })

  it('DELETE and DELETECOLLECTION delete; their dry runs do not', async () => {
    const { send, create, remove, patch, collection, item, fact } = bound(client())
    await create()
    await patch(item, 'merge-patch', { metadata: { labels: { [LABEL]: 'yes' } } })
    expect((await send('DELETE', `${item}?dryRun=All`)).status).toBe(200)
    const present = (await send('GET', item)).body
    expect(present.metadata.deletionTimestamp).toBeUndefined()
    expect((await remove()).status).toBe(200)
    expect((await send('DELETE', item)).status).toBe(404)
    const selected = `${collection}?labelSelector=${LABEL}=yes`
    if (!fact.verbs.includes('deletecollection')) {
      expect((await send('DELETE', selected)).status).toBe(405)
      return
    }
    await create()
    await patch(item, 'merge-patch', { metadata: { labels: { [LABEL]: 'yes' } } })
    expect((await send('DELETE', `${selected}&dryRun=All`)).body['items']).toHaveLength(1)
    expect((await send('GET', item)).body.metadata.deletionTimestamp).toBeUndefined()
    expect((await send('DELETE', `${selected}no`)).body['items']).toEqual([])
    expect((await send('DELETE', selected)).body['items']).toHaveLength(1)
    const { status, body } = await send('GET', item)
    if (status === 200) {
      expect(body.metadata.deletionTimestamp).toBeDefined()
      await remove()
    } else expect(status).toBe(404)
  })

  it('its subresources answer the verbs of discovery', async () => {
    const { send, create, remove, patch, item, fact } = bound(client())
    await create()
    for (const { name, verbs, kind } of fact.subresources ?? []) {
      const path = `${item}/${name}`
      if (name === 'status' || name === 'scale') {
        const { status, body } = await send('GET', path)
        expect([status, body.kind]).toEqual([200, kind?.kind ?? fact.kind])
        const put = await send('PUT', path, body)
        expect(put.status).toBe(200)
        // A real server writes down anew who owns replicas, so even the same Scale is a write.
        if (name === 'status') expect(marks(put.body)).toEqual(marks(body))
        expect((await patch(path, 'merge-patch', { metadata: {} })).status).toBe(200)
      }
      for (const [method, verb] of [
        ['GET', 'get'],
        ['PUT', 'update'],
        ['PATCH', 'patch'],
        ['POST', 'create'],
        ['DELETE', 'delete'],
      ] as const) {
        if (!verbs.includes(verb))
          expect([name, method, (await send(method, path, method === 'GET' ? undefined : {})).status]).toEqual([
            name,
            method,
            405,
          ])
      }
    }
    await remove()
  })
}

/** The client's methods, to be taken apart. */
function bound(client: ResourceClient) {
  return {
    send: client.send.bind(client),
    create: client.create.bind(client),
    remove: client.remove.bind(client),
    patch: client.patch.bind(client),
    watch: client.watch.bind(client),
    collection: client.collection,
    item: client.item,
    minimal: client.minimal,
    fact: client.fact,
  }
}
