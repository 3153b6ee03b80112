/** Logs of containers that started; what a pod without a node is answered is in test/behaviour/connect.ts. */
import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { readLog } from '../../../src/registry/core/pod-log.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

const STARTED = '2026-01-02T03:04:00Z'
const NOW = Date.UTC(2026, 0, 2, 3, 5, 0)
const SCRIPT = ['sh', '-c', 'echo one; echo "two  words" && sleep 3; cat x; /bin/echo three']

function log(query: string, container: object, status: object): string | undefined {
  const context = fakeWriteContext()
  context.put('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', ...container }] },
    status: { containerStatuses: [{ name: 'c', ...status }] },
  } as unknown as DynamicObject)
  return readLog('p', 'default', new URLSearchParams(query), { reader: context.reader, now: NOW })
}

const running = { state: { running: { startedAt: STARTED } } }

describe('the log of an emulated container', () => {
  it.each([
    ['', { command: SCRIPT }, 'one\ntwo  words\nthree\n'],
    ['', { command: ['echo', 'a', 'b'] }, 'a b\n'],
    ['', { command: ['sh', '-c'], args: ['for x in 1 2; do echo $x; done'] }, ''],
    ['', { command: ['sh', '-c', 'echo a > file'] }, ''],
    ['', {}, ''],
    ['tailLines=1', { command: SCRIPT }, 'three\n'],
    ['tailLines=0', { command: SCRIPT }, ''],
    ['limitBytes=5', { command: SCRIPT }, 'one\nt'],
    ['timestamps=true&tailLines=1', { command: SCRIPT }, `${STARTED} three\n`],
    ['sinceSeconds=30', { command: SCRIPT }, ''],
    ['sinceSeconds=90', { command: ['echo', 'x'] }, 'x\n'],
    ['sinceTime=2026-01-02T03:03:00Z', { command: ['echo', 'x'] }, 'x\n'],
  ])('with %j of %j is %j', (query, container, expected) => {
    expect(log(query, container, running)).toBe(expected)
  })

  it.each([
    ['', { state: { waiting: { reason: 'ContainerCreating' } } }, 'is waiting to start: ContainerCreating'],
    ['', { state: { waiting: { reason: 'ErrImagePull' } } }, "is waiting to start: image can't be pulled"],
    ['', { name: 'other' }, 'container "c" in pod "p" is not available'],
    ['previous=true', running, 'previous terminated container "c" in pod "p" not found'],
  ])('is refused with %j when its state is %j', (query, status, why) => {
    expect(() => log(query, {}, status)).toThrow(why)
  })

  it('of the run before is there after a restart', () => {
    const status = { ...running, lastState: { terminated: { startedAt: STARTED, exitCode: 1 } } }
    expect(log('previous=true', { command: ['echo', 'x'] }, status)).toBe('x\n')
  })
})
