import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ServedResource } from '../../src/api/source.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { type Ask, askDocuments, factsSource, parsed } from '../support/documents.ts'

// What a kube-apiserver 1.37.0 with default flags answers; its own address is masked.
const golden = (name: string) => readFileSync(new URL(`../golden/discovery/${name}`, import.meta.url), 'utf8')
const plain = JSON.parse(golden('plain.json')) as Record<string, unknown>
const aggregated = JSON.parse(golden('aggregated.json')) as Record<string, unknown>
const answers = JSON.parse(golden('answers.json'))

const AGGREGATED = ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'

describe('discovery', () => {
  const ask = askDocuments()

  test.each(Object.keys(plain))('%s is byte for byte what kube-apiserver answers', (path) => {
    expect(ask(path, { accept: 'application/json' }).body.toString()).toBe(`${JSON.stringify(plain[path])}\n`)
  })

  test.each(Object.keys(aggregated))('%s aggregated is byte for byte what kube-apiserver answers', (path) => {
    const answer = ask(path, { accept: `application/json${AGGREGATED}` })
    expect(answer.headers['content-type']).toBe(`application/json${AGGREGATED}`)
    expect(answer.body.toString()).toBe(`${JSON.stringify(aggregated[path])}\n`)
  })

  test.each(Object.keys(answers.protobufSha256))(
    '%s as protobuf is byte for byte what kube-apiserver answers',
    (url) => {
      const [path, ...parameters] = url.split(';')
      const accept = [PROTOBUF, ...parameters].join(';')
      const answer = ask(path, { accept })
      expect(answer.headers['content-type']).toBe(accept)
      expect(createHash('sha256').update(answer.body).digest('hex')).toBe(answers.protobufSha256[url])
    },
  )

  test.each(Object.keys(answers.yaml))('%s as YAML is byte for byte what kube-apiserver answers', (path) => {
    expect(ask(path, { accept: 'application/yaml' }).body.toString()).toBe(answers.yaml[path])
  })

  test('kubectl api-resources -o wide finds the same resources', () => {
    const lines = golden('api-resources.txt').trimEnd().split('\n')
    const headings = [...lines[0].matchAll(/\S+\s*/g)].map((match) => match.index)
    const cells = (line: string) => headings.map((start, i) => line.slice(start, headings[i + 1]).trim()).join('|')
    expect(listedResources(ask).sort()).toEqual(lines.slice(1).map(cells).sort())
  })

  test('an aggregated answer is not sent again to a client that has it', () => {
    const accept = `application/json${AGGREGATED}`
    const { etag } = ask('/apis', { accept }).headers
    const again = ask('/apis', { accept, 'if-none-match': etag })
    expect(again.status).toBe(304)
    expect(again.body).toHaveLength(0)
    expect(again.headers.etag).toBe(etag)
    expect(ask('/api', { accept, 'if-none-match': etag }).status).toBe(200)
  })

  test('people get indented JSON', () => {
    const body = ask('/apis/apps', { accept: '*/*', 'user-agent': 'curl/8.0' }).body.toString()
    expect(body).toBe(JSON.stringify(plain['/apis/apps'], null, 2))
    expect(ask('/apis/apps?pretty=true').body.toString()).toBe(body)
    expect(ask('/apis/apps?pretty=0', { 'user-agent': 'curl/8.0' }).body.toString()).not.toBe(body)
  })
})

/** The rows that kubectl prints, from the aggregated answers. */
function listedResources(ask: Ask): string[] {
  return ['/api', '/apis'].flatMap((path) => {
    const list = parsed(ask(path, { accept: `application/json${AGGREGATED}` })) as ReturnType<typeof JSON.parse>
    return list.items.flatMap((group: ReturnType<typeof JSON.parse>) => {
      // kubectl shows the preferred version only.
      const { version, resources } = group.versions[0]
      const apiVersion = [group.metadata.name, version].filter(Boolean).join('/')
      return resources.map((resource: ReturnType<typeof JSON.parse>) =>
        [
          resource.resource,
          (resource.shortNames ?? []).join(','),
          apiVersion,
          String(resource.scope === 'Namespaced'),
          resource.responseKind.kind,
          resource.verbs.join(','),
          (resource.categories ?? []).join(','),
        ].join('|'),
      )
    })
  })
}

const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

const widgets: ServedResource = {
  group: 'example.com',
  version: 'v1',
  resource: 'widgets',
  singular: 'widget',
  kind: 'Widget',
  namespaced: true,
  verbs: CUSTOM_VERBS,
  shortNames: ['wd'],
  categories: ['all'],
  type: '',
  storageVersionHash: 'gIwvi5rymmg=',
  subresources: [
    { name: 'status', verbs: ['get', 'patch', 'update'] },
    {
      name: 'scale',
      verbs: ['get', 'patch', 'update'],
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    },
  ],
  custom: { listKind: 'WidgetList' },
}
const gadgets: ServedResource = {
  ...widgets,
  resource: 'gadgets',
  singular: 'gadget',
  kind: 'Gadget',
  namespaced: false,
  shortNames: undefined,
  categories: undefined,
  subresources: undefined,
  storageVersionHash: 'ggWp2HxsL0Q=',
}

describe('discovery of custom resources', () => {
  const facts = loadFacts()
  const group = { name: 'example.com', priority: 1000, versions: [{ version: 'v1', priority: 100 }] }
  const source = {
    ...factsSource(),
    groups: [...facts.groups, group],
    resources: [...facts.resources, widgets, gadgets],
  }
  const ask = askDocuments({ source })

  test('lists them in the order of their definitions, each followed by its subresources', () => {
    expect(ask('/apis/example.com/v1').body.toString()).toBe(
      '{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"example.com/v1","resources":[{"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget","verbs":["delete","deletecollection","get","list","patch","create","update","watch"],"shortNames":["wd"],"categories":["all"],"storageVersionHash":"gIwvi5rymmg="},{"name":"widgets/status","singularName":"","namespaced":true,"kind":"Widget","verbs":["get","patch","update"]},{"name":"widgets/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1","kind":"Scale","verbs":["get","patch","update"]},{"name":"gadgets","singularName":"gadget","namespaced":false,"kind":"Gadget","verbs":["delete","deletecollection","get","list","patch","create","update","watch"],"storageVersionHash":"ggWp2HxsL0Q="}]}\n',
    )
  })

  test('says group and version of each in the aggregated form, sorted by name', () => {
    const text = ask('/apis', { accept: `application/json${AGGREGATED}` }).body.toString()
    expect(text.slice(text.indexOf('{"metadata":{"name":"example.com"'))).toBe(
      '{"metadata":{"name":"example.com"},"versions":[{"version":"v1","resources":[{"resource":"gadgets","responseKind":{"group":"example.com","version":"v1","kind":"Gadget"},"scope":"Cluster","singularResource":"gadget","verbs":["delete","deletecollection","get","list","patch","create","update","watch"]},{"resource":"widgets","responseKind":{"group":"example.com","version":"v1","kind":"Widget"},"scope":"Namespaced","singularResource":"widget","verbs":["delete","deletecollection","get","list","patch","create","update","watch"],"shortNames":["wd"],"categories":["all"],"subresources":[{"subresource":"status","responseKind":{"group":"example.com","version":"v1","kind":"Widget"},"verbs":["get","patch","update"]},{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},"verbs":["get","patch","update"]}]}],"freshness":"Current"}]}]}\n',
    )
  })

  test('answers unknown versions and resources of the group with the 404 text', () => {
    expect(ask('/apis/example.com/v9').body.toString()).toBe('404 page not found\n')
    expect(ask('/apis/example.com/v1/nothings').body.toString()).toBe('404 page not found\n')
    expect(ask('/apis/apps/v9').headers['content-type']).toBe('application/json')
  })

  test('shows a change as soon as the version of the source says so, and not before', () => {
    const accept = `application/json${AGGREGATED}`
    const changing = { ...source, version: 1 }
    const askChanging = askDocuments({ source: changing })
    const before = askChanging('/apis', { accept }).headers.etag
    changing.resources = facts.resources
    expect(askChanging('/apis', { accept }).headers.etag).toBe(before)
    changing.version = 2
    expect(askChanging('/apis', { accept }).headers.etag).not.toBe(before)
  })
})
