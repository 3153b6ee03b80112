import fs, { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../src/apimachinery/clock.ts'
import type { KubeObject } from '../src/apimachinery/meta.ts'
import { encodeYaml } from '../src/apimachinery/schema/yaml-encode.ts'
import { checkDataFile, compactDataFile, exportDataFile } from '../src/data-file.ts'
import { createCluster } from '../src/index.ts'
import { closeAfterEach, crashed, newFile, open, PODS, writeSome } from './support/data-files.ts'

closeAfterEach()

const folder = mkdtempSync(join(tmpdir(), 'kubemu-data-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const WIDGETS = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: gear, namespace: shop, labels: {size: large}, finalizers: [example.com/hold]}
spec: {text: "yes", number: 1.5, multi: "line\\n  two\\n"}
status: {phase: Turning}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox, command: [sh, -c, exit 0]}]
`

/** Of the same second, so that times are the same, too. */
const SAME = { clock: new ManualClock(Date.UTC(2026, 0, 1)) }

/** One cluster with work in it, closed: what the round trips begin with. */
const written = (async () => {
  const data = join(folder, 'cluster.json')
  const fixtures = join(folder, 'widgets.yaml')
  fs.writeFileSync(fixtures, WIDGETS)
  const cluster = await createCluster({ ...SAME, data, fixtures: ['fixtures/guestbook.yaml', fixtures], nodes: 2 })
  await cluster.close()
  return data
})()

/** Everything but what a server sets anew, by name: where a uid stands, there is the name of what has it. */
function comparable(objects: readonly KubeObject[]): Record<string, unknown> {
  const nameOf = ({ kind, metadata: { namespace = '', name } }: KubeObject) => `${kind} ${namespace}/${name}`
  const names = new Map(objects.map((object) => [object.metadata.uid, nameOf(object)]))
  const entries = objects.map((object) => {
    const { uid: _, ...metadata } = object.metadata
    const named = (_: string, value: unknown) => (typeof value === 'string' ? (names.get(value) ?? value) : value)
    const plain = JSON.parse(JSON.stringify({ ...object, metadata }, named))
    // Every new node is tainted, as by the real server, until a controller has seen it.
    if (object.kind === 'Node') delete plain.spec.taints
    // A server makes its own range before anything is loaded, and calls it ready in words of its own; the controller has others.
    if (object.kind === 'ServiceCIDR') delete plain.status
    return [nameOf(object), plain]
  })
  return Object.fromEntries(entries)
}

describe('an export', () => {
  const formats: [string, (objects: KubeObject[]) => string][] = [
    ['json', (items) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })],
    ['yaml', (items) => items.map(encodeYaml).join('---\n')],
  ]
  it.each(formats)(
    'of all, as %s, is loaded to the same objects by a cluster without controllers',
    async (format, print) => {
      const exported = await exportDataFile(await written, { all: true })
      const fixtures = join(folder, `all.${format}`)
      fs.writeFileSync(fixtures, print(exported))
      const data = join(folder, `again-${format}.json`)
      await (await createCluster({ ...SAME, data, fixtures, controllers: false, nodes: 0 })).close()
      expect(comparable(await exportDataFile(data, { all: true }))).toEqual(comparable(exported))
    },
  )

  it('of what people made becomes the same work again with controllers', async () => {
    const exported = await exportDataFile(await written)
    expect(exported.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace shop',
      'CustomResourceDefinition widgets.example.com',
      'StorageClass standard',
      'Service frontend',
      'Service redis-follower',
      'Service redis-leader',
      'Node node-1',
      'Node node-2',
      'PersistentVolumeClaim claim',
      'Deployment frontend',
      'Deployment redis-follower',
      'Deployment redis-leader',
      'Job once',
      'CSIDriver fake.kubemu.dev',
      'Widget gear',
    ])
    const fixtures = join(folder, 'made.json')
    fs.writeFileSync(fixtures, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: exported }))
    const data = join(folder, 'work.json')
    await (await createCluster({ data, fixtures })).close()
    const count = async (path: string, resource: string) => (await checkDataFile(path)).objects.get(resource)
    for (const resource of ['replicasets.apps', 'endpointslices.discovery.k8s.io', 'widgets.example.com']) {
      expect([resource, await count(data, resource)]).toEqual([resource, await count(await written, resource)])
    }
    // A Job that has ended has ended: its pod is not run again.
    expect([await count(await written, 'pods'), await count(data, 'pods')]).toEqual([7, 6])
  })

  it('of some resources or a namespace has no others, and says which there are when there is none such', async () => {
    const path = await written
    const resources = ['services', 'widgets.example.com']
    expect((await exportDataFile(path, { resources })).map(({ metadata }) => metadata.name)).toEqual([
      'frontend',
      'redis-follower',
      'redis-leader',
      'gear',
    ])
    const inShop = await exportDataFile(path, { namespace: 'shop', all: true })
    expect(new Set(inShop.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['shop']))
    await expect(exportDataFile(path, { resources: ['widgets'] })).rejects.toThrow(
      /no "widgets" in it; there are: .*services/,
    )
  })
})

describe('a data file', () => {
  it('is checked while it is in use, and neither exported nor compacted', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 4)
    await storage.save()
    writeSome(storage, 6, 8)
    const { revision } = storage
    expect(await checkDataFile(path)).toMatchObject({
      revision,
      formats: { snapshot: 1, journal: 1 },
      saved: { revision: revision - 3 },
      segments: [{ path: `${path}.journal.2`, commits: 3, torn: 0 }],
      objects: new Map([['pods', storage.count(PODS)]]),
      holder: `process ${process.pid}`,
    })
    await expect(exportDataFile(path)).rejects.toThrow(`in use by process ${process.pid}`)
    await expect(compactDataFile(path)).rejects.toThrow(`in use by process ${process.pid}`)
  })

  it('is one file when it was compacted', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 8)
    const copy = crashed(path)
    const before = await checkDataFile(copy)
    expect(before).toMatchObject({ saved: undefined, holder: undefined })
    await compactDataFile(copy)
    expect(fs.readdirSync(join(copy, '..'))).toEqual(['cluster.json'])
    const { revision, objects } = before
    expect(await checkDataFile(copy)).toMatchObject({ revision, objects, saved: { revision }, segments: [] })
  })

  it('that is not there is not made', async () => {
    const path = newFile()
    for (const act of [checkDataFile, compactDataFile, exportDataFile]) {
      await expect(act(path)).rejects.toThrow(`${path}: no such file`)
    }
    expect(fs.existsSync(join(path, '..'))).toBe(false)
  })

  it('that cannot be looked for is not said to be missing', async () => {
    const path = join(folder, 'a-file', 'cluster.json')
    fs.writeFileSync(join(folder, 'a-file'), '')
    for (const act of [checkDataFile, compactDataFile, exportDataFile]) {
      await expect(act(path)).rejects.toThrow(`${path}: a part of this path is a file, not a folder`)
    }
  })
})
