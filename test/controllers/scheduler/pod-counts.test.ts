import { expect, test } from 'vitest'
import { EVERYTHING, NOTHING, parseSelector } from '../../../src/apimachinery/labels.ts'
import type { PodMatcher } from '../../../src/controllers/scheduler/affinity-terms.ts'
import { PodCounts } from '../../../src/controllers/scheduler/pod-counts.ts'
import { podInfo } from '../../../src/controllers/scheduler/pod-info.ts'
import type { Pod } from '../../../src/types/core-v1.ts'

const podOf = (namespace: string, app: string, terminating = false) =>
  podInfo({
    metadata: {
      namespace,
      name: app,
      labels: { app },
      ...(terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [] },
  } as unknown as Pod)

const asked = (selector: string, ...namespaces: string[]): PodMatcher => ({
  namespaces: new Set(namespaces),
  namespaceSelector: namespaces.length === 0 ? EVERYTHING : NOTHING,
  selector: parseSelector(selector),
})

test('Pods of a kind are counted where they are asked for, as they come and go.', () => {
  const counts = new PodCounts()
  const said = (...matchers: PodMatcher[]) => {
    const { all, staying } = counts.of(matchers)
    return [Object.fromEntries(all), Object.fromEntries(staying)]
  }
  const [web, other, ending] = [podOf('a', 'web'), podOf('b', 'web'), podOf('a', 'web', true)]
  expect(said(asked('app=web', 'a'))).toEqual([{}, {}])
  counts.add(web, 'n1')
  counts.add(podOf('a', 'db'), 'n1')
  expect(said(asked('app=web', 'a'))).toEqual([{ n1: 1 }, { n1: 1 }])
  counts.add(web, 'n2')
  counts.add(ending, 'n2')
  counts.add(other, 'n2')
  expect(said(asked('app=web', 'a'))).toEqual([
    { n1: 1, n2: 2 },
    { n1: 1, n2: 1 },
  ])
  expect(said(asked('app=web', 'b', 'a'))).toEqual(said(asked('app=web')))
  expect(said(asked('app=web'))).toEqual([
    { n1: 1, n2: 3 },
    { n1: 1, n2: 2 },
  ])
  expect(said(asked('app=web'), asked('app', 'b'))).toEqual([{ n2: 1 }, { n2: 1 }])
  for (const [pod, node] of [
    [web, 'n1'],
    [web, 'n2'],
    [ending, 'n2'],
  ] as const)
    counts.remove(pod, node)
  expect(said(asked('app=web', 'a'))).toEqual([{}, {}])
  counts.add(web, 'n3')
  expect(said(asked('app=web', 'a'))).toEqual([{ n3: 1 }, { n3: 1 }])
  expect(said(asked('app=web'))).toEqual([
    { n2: 1, n3: 1 },
    { n2: 1, n3: 1 },
  ])
})
