/** Says that the heap is nearly full while there is still time: V8 ends the process without a word of what to do. */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Logger } from '../index.ts'

/** Of the limit. V8 gives up from four fifths on, when it finds little to collect. */
const NEARLY_FULL = 0.7
const MEGABYTE = 2 ** 20

/** Once, after a collection that left so much. */
export function warnOfFullHeap(logger: Logger): void {
  const observer = new PerformanceObserver((list) => {
    if (!list.getEntries().some(isMajor)) return
    const warning = heapWarning(getHeapStatistics())
    if (!warning) return
    observer.disconnect()
    logger.warn(...warning)
  })
  observer.observe({ entryTypes: ['gc'] })
}

function isMajor(entry: PerformanceEntry): boolean {
  const { kind } = (entry as PerformanceEntry & { detail: { kind?: number } }).detail
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR
}

/** Undefined: there is room. */
export function heapWarning(heap: {
  used_heap_size: number
  heap_size_limit: number
}): Parameters<Logger['warn']> | undefined {
  const [usedMegabytes, limitMegabytes] = [heap.used_heap_size, heap.heap_size_limit].map((size) =>
    Math.round(size / MEGABYTE),
  ) as [number, number]
  if (usedMegabytes < limitMegabytes * NEARLY_FULL) return undefined
  const remedy = `NODE_OPTIONS=--max-old-space-size=${2 * limitMegabytes}`
  return [
    { usedMegabytes, limitMegabytes },
    `memory is nearly full; the process ends when it is. For more start with ${remedy}`,
  ]
}
