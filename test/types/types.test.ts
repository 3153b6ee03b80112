import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { Deployment, DeploymentList } from '../../src/types/apps-v1.ts'
import type { Container, Pod, PodSpec } from '../../src/types/core-v1.ts'
import type { Condition } from '../../src/types/meta-v1.ts'

test('src/types is what the generator writes', () => {
  const generator = fileURLToPath(new URL('../../tools/generate-types.mjs', import.meta.url))
  expect(() => execFileSync(process.execPath, [generator, '--check'], { stdio: 'pipe' })).not.toThrow()
})

test('kinds are KubeObjects and their parts have types', () => {
  const container: Container = {
    name: 'c',
    image: 'i',
    resources: { limits: { cpu: '1' } },
    ports: [{ containerPort: 80 }],
  }
  const spec: PodSpec = { containers: [container], restartPolicy: 'Never' }
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }
  const object: KubeObject = pod
  const condition: Condition = { type: 'Ready', status: 'True', reason: 'R', message: '', lastTransitionTime: '' }
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
    },
  }
  const list: DeploymentList = { apiVersion: 'apps/v1', kind: 'DeploymentList', metadata: {}, items: [deployment] }
  expect([object.kind, condition.type, list.items.length]).toEqual(['Pod', 'Ready', 1])
})
