import { expect, test } from 'vitest'
import { findingsOf } from '../../../src/registry/core/pod-spec-memory.ts'
import type { PodSpec } from '../../../src/types/core-v1.ts'

function specWith(volume: string, mounted: string, image = 'web'): PodSpec {
  const volumeMounts = [{ name: mounted, mountPath: '/token' }]
  return { containers: [{ name: 'web', image, volumeMounts }], volumes: [{ name: volume, emptyDir: {} }] } as PodSpec
}

test.each<[string, PodSpec, boolean]>([
  ['has another token volume', specWith('kube-api-access-bbbbb', 'kube-api-access-bbbbb'), true],
  ['mounts the other token volume', specWith('kube-api-access-bbbbb', 'kube-api-access-aaaaa'), false],
  ['has a token volume whose name is none', specWith('kube-api-access-B', 'kube-api-access-B'), false],
  ['has another volume', specWith('token', 'token'), false],
  ['has a volume without a name', specWith('', ''), false],
  ['says something else', specWith('kube-api-access-aaaaa', 'kube-api-access-aaaaa', 'db'), false],
])('a spec that %s counts as one that was found valid: %#', (_, spec, counts) => {
  const first = findingsOf(specWith('kube-api-access-aaaaa', 'kube-api-access-aaaaa'))
  first.isValid = true
  expect(findingsOf(spec).isValid).toBe(counts)
  first.isValid = false
})

test('a spec that was not seen for a while is new', () => {
  const spec = specWith('a', 'a')
  findingsOf(spec).isQuiet = true
  for (const other of ['b', 'c', 'd']) findingsOf(specWith(other, other))
  expect(findingsOf(specWith('a', 'a')).isQuiet).toBe(true)
  for (const other of ['e', 'f', 'g', 'h']) findingsOf(specWith(other, other))
  expect(findingsOf(specWith('a', 'a')).isQuiet).toBe(false)
})
