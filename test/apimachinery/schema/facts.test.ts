import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readPackageFile } from '../../../src/apimachinery/package-root.ts'
import type { FieldFact, SpecialType, TypeRef } from '../../../src/apimachinery/schema/facts.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'

const text = readPackageFile('facts/kubernetes-1.37.json')
const facts = loadFacts()
const types = Object.entries(facts.types)
const field = (type: string, name: string): FieldFact | undefined =>
  facts.types[type]?.fields?.find((f) => f.n === name)
const resource = (name: string, group = '') =>
  facts.resources.find((r) => r.resource === name && r.group === group && r.version === 'v1')

describe('the facts file', () => {
  test('was not edited by hand', () => {
    const sum = createHash('sha256')
      .update(text.replace(`"checksum":"${facts.checksum}"`, '"checksum":""'))
      .digest('hex')
    expect(facts.checksum).toBe(sum)
  })

  test('is small', () => {
    expect(text.length).toBeLessThan(900_000)
  })

  test('is read once', () => {
    expect(loadFacts()).toBe(facts)
  })

  test('has no prose', () => {
    expect(text).not.toContain('"description":"')
    const longest = Math.max(...[...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => (m[1] ?? '').length))
    expect(longest).toBeLessThan(120)
    expect(text).not.toMatch(/"[^"]*[a-z] [a-z]+ [a-z]+ [^"]*"/)
  })
})

describe('what is served', () => {
  test('counts of a default 1.37 server', () => {
    expect(facts.kubernetesVersion).toBe('1.37.0')
    expect(facts.groups).toHaveLength(22)
    expect(facts.groups.flatMap((g) => g.versions)).toHaveLength(23)
    expect(facts.resources).toHaveLength(72)
    expect(facts.resources.flatMap((r) => r.subresources ?? [])).toHaveLength(49)
    expect(facts.resources.filter((r) => r.subresources?.some((s) => s.name === 'status'))).toHaveLength(31)
    expect(facts.resources.filter((r) => r.subresources?.some((s) => s.name === 'scale'))).toHaveLength(4)
    expect(types.length).toBe(649)
  })

  test('every resource has a group, a type of its kind and a list type', () => {
    const versions = new Set(facts.groups.flatMap((g) => g.versions.map((v) => `${g.name}/${v.version}`)))
    for (const r of facts.resources) {
      expect(versions).toContain(`${r.group}/${r.version}`)
      expect(facts.types[r.type]?.gvk).toContainEqual([r.group, r.version, r.kind])
      expect(r.verbs).toEqual([...r.verbs].sort())
      if (r.verbs.includes('list')) {
        expect(facts.types[`${r.type}List`]?.gvk).toContainEqual([r.group, r.version, `${r.kind}List`])
        expect(r.columns?.length).toBeGreaterThan(0)
      }
      if (r.verbs.includes('create') && r.verbs.includes('get')) expect(r.storageVersionHash).toMatch(/^[\w+/]{11}=$/)
    }
  })

  test('rows that differ from the rule', () => {
    expect(resource('services')).toMatchObject({
      prefix: 'services/specs',
      allowCreateOnUpdate: true,
      categories: ['all'],
    })
    expect(resource('nodes')).toMatchObject({ prefix: 'minions', resetFields: ['.status'], ownFieldLabels: true })
    expect(resource('leases', 'coordination.k8s.io')?.allowUnconditionalUpdate).toBe(false)
    expect(resource('jobs', 'batch')?.defaultGCPolicy).toBe('OrphanDependents')
    expect(resource('events', 'events.k8s.io')).toMatchObject({ storedAs: 'v1', ttlSeconds: 3600 })
    expect(resource('pods')?.fieldLabels).toMatchObject({ 'spec.host': 'spec.nodeName' })
    expect(resource('deployments', 'apps')?.subresources?.find((s) => s.name === 'scale')?.kind).toEqual({
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
    })
    expect(facts.resources.filter((r) => r.gracefulDelete).map((r) => r.resource)).toEqual(['pods'])
    expect(facts.resources.filter((r) => r.allowUnconditionalUpdate === false)).toHaveLength(19)
    expect(facts.resources.filter((r) => r.allowCreateOnUpdate)).toHaveLength(11)
    expect(facts.resources.filter((r) => r.generation)).toHaveLength(29)
  })
})

describe('types', () => {
  test('every reference resolves', () => {
    const refs = (t: TypeRef): string[] =>
      typeof t === 'string' ? [] : 'ref' in t ? [t.ref] : refs('list' in t ? t.list : t.map)
    for (const [name, type] of types) {
      for (const f of type.fields ?? []) {
        for (const ref of refs(f.t)) expect(facts.types, `${name}.${f.n}`).toHaveProperty([ref])
      }
    }
  })

  test('fields are unique, by name and on the wire', () => {
    for (const [name, type] of types) {
      const fields = type.fields ?? []
      expect(new Set(fields.map((f) => f.n)).size, name).toBe(fields.length)
      const numbers = fields.filter((f) => f.pb !== undefined).map((f) => String(f.pb))
      expect(new Set(numbers).size, name).toBe(numbers.length)
      if (type.special) expect(fields, name).toHaveLength(0)
    }
  })

  test('map lists name keys their elements have', () => {
    for (const [name, type] of types) {
      for (const f of type.fields ?? []) {
        if (f.lt !== 'map') continue
        const element = typeof f.t !== 'string' && 'list' in f.t ? f.t.list : undefined
        const ref = element !== undefined && typeof element !== 'string' && 'ref' in element ? element.ref : ''
        for (const key of f.lk ?? ['']) expect(field(ref, key), `${name}.${f.n} ${key}`).toBeDefined()
      }
    }
  })

  test('all wire forms of their own are there', () => {
    const found = new Set(types.flatMap(([, t]) => (t.special ? [t.special] : [])))
    const expected: SpecialType[] = [
      'ExtraValue',
      'FieldsV1',
      'IntOrString',
      'JSON',
      'JSONSchemaPropsOrArray',
      'JSONSchemaPropsOrBool',
      'JSONSchemaPropsOrStringArray',
      'MicroTime',
      'Quantity',
      'RawExtension',
      'Time',
      'Verbs',
    ]
    expect([...found].sort()).toEqual(expected)
  })

  test('well-known fields', () => {
    expect(field('io.k8s.api.core.v1.Container', 'ports')).toMatchObject({
      go: '[]v1.ContainerPort',
      t: { list: { ref: 'io.k8s.api.core.v1.ContainerPort' } },
      pb: 6,
      lt: 'map',
      lk: ['containerPort', 'protocol'],
      mk: 'containerPort',
      ms: ['merge'],
    })
    expect(field('io.k8s.api.core.v1.Volume', 'emptyDir')?.pb).toEqual([2, 2])
    expect(field('io.k8s.api.core.v1.Pod', 'kind')?.pb).toBeUndefined()
    expect(field('io.k8s.api.core.v1.PodSpec', 'volumes')?.ms).toEqual(['merge', 'retainKeys'])
    expect(field('io.k8s.api.core.v1.PodSpec', 'restartPolicy')?.enum).toEqual(['Always', 'Never', 'OnFailure'])
    expect(field('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'creationTimestamp')?.omit).toBe('zero')
  })
})

describe('defaults and gates', () => {
  const fields = types.flatMap(([type, t]) => (t.fields ?? []).map((f) => ({ type, f, all: t.fields ?? [] })))
  const kinds = new Set(
    types.flatMap(([, t]) => (t.gvk ?? []).map(([g, v, k]) => (g ? `${g}/${v}/${k}` : `${v}/${k}`))),
  )

  test('counts', () => {
    expect(fields.filter(({ f }) => f.d !== undefined)).toHaveLength(142)
    expect(fields.filter(({ f }) => f.gate)).toHaveLength(36)
  })

  test('conditions name siblings and kinds that are there', () => {
    for (const { type, f, all } of fields) {
      for (const sibling of Object.keys(f.dw ?? {}))
        expect(
          all.map((a) => a.n),
          `${type}.${f.n}`,
        ).toContain(sibling)
      for (const root of f.dr ?? []) expect(kinds, `${type}.${f.n}`).toContain(root.replace('!', ''))
      if (f.dw || f.dr) expect(f.d, `${type}.${f.n}`).toBeDefined()
    }
  })

  test('well-known rules', () => {
    expect(field('io.k8s.api.core.v1.PodSpec', 'restartPolicy')?.d).toBe('Always')
    expect(field('io.k8s.api.core.v1.PodSpec', 'enableServiceLinks')).toMatchObject({ d: true, dr: ['v1/Pod'] })
    expect(field('io.k8s.api.apps.v1.DeploymentStrategy', 'rollingUpdate')).toMatchObject({
      d: {},
      dw: { type: 'RollingUpdate' },
    })
    expect(field('io.k8s.api.core.v1.ServicePort', 'protocol')).toMatchObject({ d: 'TCP', od: 'TCP' })
    expect(field('io.k8s.api.batch.v1.JobSpec', 'scheduling')?.gate).toBe('WorkloadWithJob')
    // Depends on the image: code, not data.
    expect(field('io.k8s.api.core.v1.Container', 'imagePullPolicy')?.d).toBeUndefined()
  })
})
