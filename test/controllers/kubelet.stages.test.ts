import { expect, test } from 'vitest'
import { seededRandom } from '../../src/apimachinery/random.ts'
import { compileStage, podStages, type StageExpression } from '../../src/controllers/kubelet/stages.ts'
import type { Pod } from '../../src/types/core-v1.ts'

const running = {
  metadata: { name: 'p', labels: { app: 'web' } },
  status: { phase: 'Running', startTime: 't', conditions: [{ type: 'Initialized', status: 'True' }] },
} as unknown as Pod

const selects = (expression: StageExpression): boolean =>
  compileStage({ name: 's', selector: { matchExpressions: [expression] }, next: { play: 'advance' } }).selects(running)

const INITIALIZED = '.status.conditions.[] | select(.type == "Initialized") | .status'
const READY = '.status.conditions.[] | select( .type == "Ready" ) | .status'

test.each<[boolean, StageExpression]>([
  [true, { key: '.status.phase', operator: 'In', values: ['Pending', 'Running'] }],
  [false, { key: '.status.phase', operator: 'NotIn', values: ['Running'] }],
  [true, { key: '.status.phase', operator: 'NotIn', values: ['Pending'] }],
  [true, { key: '.status.startTime', operator: 'Exists' }],
  [true, { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' }],
  [false, { key: '.metadata.annotations.note', operator: 'Exists' }],
  [true, { key: '.metadata.labels.["app"]', operator: 'In', values: ['web'] }],
  [true, { key: INITIALIZED, operator: 'In', values: ['True'] }],
  [false, { key: INITIALIZED, operator: 'In', values: ['False'] }],
  [false, { key: READY, operator: 'Exists' }],
  [true, { key: READY, operator: 'DoesNotExist' }],
])('A running pod: %s for %j', (expected, expression) => {
  expect(selects(expression)).toBe(expected)
})

test('A path that is beyond the part of jq that is understood is refused.', () => {
  expect(() => selects({ key: '.status | length', operator: 'Exists' })).toThrow('cannot read the path')
})

test('A delay with jitter lies between its two ends.', () => {
  const delay = { durationMilliseconds: 100, jitterDurationMilliseconds: 200 }
  const stage = compileStage({ name: 's', selector: { matchExpressions: [] }, delay, next: { play: 'advance' } })
  const random = seededRandom(1)
  for (let i = 0; i < 20; i++) {
    const ms = stage.delayMs(random)
    expect(ms).toBeGreaterThanOrEqual(100)
    expect(ms).toBeLessThan(200)
  }
})

test('The default stages leave a pod that has ended alone.', () => {
  const ended = { ...running, status: { ...running.status, phase: 'Succeeded' } } as Pod
  expect(podStages.map(compileStage).filter((stage) => stage.selects(ended))).toEqual([])
})
