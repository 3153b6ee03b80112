import { expect, test } from 'vitest'
import { heapWarning } from '../../src/cli/heap-warning.ts'

const MEGABYTE = 2 ** 20
const heap = (used: number, limit: number) => ({ used_heap_size: used * MEGABYTE, heap_size_limit: limit * MEGABYTE })

test('A heap that is nearly full is told of once it is, with what to do.', () => {
  expect(heapWarning(heap(1400, 2048))).toBeUndefined()
  expect(heapWarning(heap(1434, 2048))).toEqual([
    { usedMegabytes: 1434, limitMegabytes: 2048 },
    'memory is nearly full; the process ends when it is. For more start with NODE_OPTIONS=--max-old-space-size=4096',
  ])
})
