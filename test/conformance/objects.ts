/** The rich valid object of every kind (objects/*.yaml, accepted by the real server) with the facts of its resource. */
import { readdirSync, readFileSync } from 'node:fs'
import { loadAll } from 'js-yaml'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import type { ResourceFact } from '../../src/apimachinery/schema/facts.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'

export interface Subject {
  /** `deployments.apps`, `events` */
  name: string
  fact: ResourceFact
  object: DynamicObject
}

const folder = new URL('objects/', import.meta.url)

export function readYaml(url: URL): DynamicObject[] {
  return loadAll(readFileSync(url, 'utf8')) as DynamicObject[]
}

/** The custom resource of setup.yaml, described as a built-in. */
const GADGETS: ResourceFact = {
  group: 'conf.example.com',
  version: 'v1',
  resource: 'gadgets',
  singular: 'gadget',
  kind: 'Gadget',
  namespaced: true,
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  type: '',
  subresources: [
    { name: 'status', verbs: ['get', 'patch', 'update'] },
    { name: 'scale', verbs: ['get', 'patch', 'update'] },
  ],
}

export function factOf(object: DynamicObject): ResourceFact {
  const [version, group = ''] = (object.apiVersion ?? '').split('/').reverse()
  const fact = [...loadFacts().resources, GADGETS].find(
    (one) => one.group === group && one.version === version && one.kind === object.kind,
  )
  if (!fact) throw new Error(`no resource serves ${object.apiVersion} ${object.kind}`)
  return fact
}

export const subjects: Subject[] = readdirSync(folder)
  .sort()
  .flatMap((file) => readYaml(new URL(file, folder)))
  .map((object) => {
    const fact = factOf(object)
    return { name: fact.group ? `${fact.resource}.${fact.group}` : fact.resource, fact, object }
  })

/** Those of a comma-separated list of names, or all. */
export function subjectsNamed(only: string | undefined): Subject[] {
  const names = only?.split(',')
  return subjects.filter(({ name }) => !names || names.includes(name))
}

/** `/apis/apps/v1/namespaces/conf/deployments` */
export function collectionPath(fact: ResourceFact, namespace: string): string {
  const root = fact.group ? `/apis/${fact.group}/${fact.version}` : `/api/${fact.version}`
  return `${root}${fact.namespaced ? `/namespaces/${namespace}` : ''}/${fact.resource}`
}
