import { expect, it } from 'vitest'
import { defaultImageTag } from '../../../src/apimachinery/schema/image-tag.ts'

const HASH = 'a'.repeat(64)

/** As a real kube-apiserver 1.37 defaulted imagePullPolicy. */
it.each([
  ['nginx', 'Always'],
  ['nginx:latest', 'Always'],
  ['nginx:1.25', 'IfNotPresent'],
  ['NGINX', 'IfNotPresent'],
  ['a/B', 'IfNotPresent'],
  ['Reg.io/a', 'Always'],
  ['localhost:5000/x', 'Always'],
  ['localhost:5000/x:latest', 'Always'],
  [`a@sha256:${HASH}`, 'IfNotPresent'],
  [`a:latest@sha256:${HASH}`, 'Always'],
  [`a:v1@sha256:${HASH}`, 'IfNotPresent'],
  [`${HASH}`, 'IfNotPresent'],
  ['a:', 'IfNotPresent'],
  ['a b', 'IfNotPresent'],
  ['-a', 'IfNotPresent'],
  ['a__b', 'Always'],
  ['a___b', 'IfNotPresent'],
  ['a--b', 'Always'],
  ['a..b', 'IfNotPresent'],
  ['[::1]:5000/x', 'Always'],
  ['reg.io:x/y', 'IfNotPresent'],
  [`a:${'t'.repeat(129)}`, 'IfNotPresent'],
  ['a@sha256:abc', 'IfNotPresent'],
  ['a:Latest', 'IfNotPresent'],
  ['a/b/c/d', 'Always'],
  ['a_/b', 'IfNotPresent'],
  ['docker.io/library/x', 'Always'],
  ['a@md5:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'IfNotPresent'],
])('%s is pulled %s', (image, policy) => {
  expect(defaultImageTag(image) === 'latest' ? 'Always' : 'IfNotPresent').toBe(policy)
})
