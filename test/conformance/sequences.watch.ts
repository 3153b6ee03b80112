/** What watches say: events by selector, initial events, bookmarks, tables, metadata, protobuf. Each ends by its timeout. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Case, get, MERGE_PATCH, METADATA, meta, PROTOBUF, patch, post, remove, TABLE } from './steps.ts'

export function watches(object: DynamicObject, all: string, name: string): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const own = 'labelSelector=case%3D$id'
  const from = (selector: string, accept?: string) =>
    get(`${all}?watch=1&timeoutSeconds=1&resourceVersion=$rv0&${selector}`, accept)
  const stage = (value: string | null) => patch(one, MERGE_PATCH, meta({ labels: { stage: value } }))
  return [
    {
      name: 'watch by label',
      steps: [
        make,
        stage('a'),
        stage('b'),
        stage('b'),
        stage('a'),
        stage(null),
        stage('a'),
        remove(one),
        from('labelSelector=case%3D$id,stage%3Da'),
      ],
    },
    {
      name: 'watch by name',
      steps: [
        make,
        stage('a'),
        remove(one),
        from(`${own}&fieldSelector=metadata.name%3D${name}`),
        from(`${own}&fieldSelector=metadata.name!%3D${name}`),
      ],
    },
    {
      name: 'watch what finalizers keep',
      steps: [
        make,
        patch(one, MERGE_PATCH, meta({ finalizers: ['example.com/keep'] })),
        remove(one),
        patch(one, MERGE_PATCH, meta({ finalizers: null })),
        from(own),
      ],
    },
    {
      name: 'watch with initial events',
      steps: [
        make,
        get(
          `${all}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&${own}`,
        ),
        get(`${all}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=Exact&${own}`),
        get(`${all}?watch=1&timeoutSeconds=1&sendInitialEvents=false&${own}`),
      ],
    },
    {
      name: 'watch as a table, metadata, protobuf',
      steps: [make, stage('a'), remove(one), from(own, TABLE), from(own, METADATA), from(own, PROTOBUF)],
    },
  ]
}
