/** The folder of static pods, as kubelets read it. Mirrors pkg/kubelet/config/file.go. */
import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../apimachinery/logger.ts'
import type { Pod } from '../types/core-v1.ts'
import { parseFixtures } from './fixtures.ts'

export interface StaticPodFolder {
  /** The pods of all files but hidden ones, by name of the file. What cannot be read is left out, and logged. */
  read(): readonly Pod[]
  onChange(callback: () => void): void
  close(): void
}

/** Throws when the folder cannot be read. */
export function openStaticPods(folder: string, logger: Logger): StaticPodFolder {
  const listeners = new Set<() => void>()
  readdirSync(folder)
  const watcher: FSWatcher = watch(folder, () => {
    for (const listener of listeners) listener()
  })
  watcher.unref()
  // What no longer can be watched is still read at intervals.
  watcher.on('error', (err) => logger.warn({ err, folder }, 'changes of static pods are seen later'))
  return {
    read() {
      const names = readdirSync(folder)
        .filter((name) => !name.startsWith('.'))
        .sort()
      return names.flatMap((name) => podsOf(join(folder, name), logger))
    },
    onChange: (callback) => void listeners.add(callback),
    close: () => watcher.close(),
  }
}

function podsOf(path: string, logger: Logger): Pod[] {
  try {
    const objects = parseFixtures(readFileSync(path, 'utf8'), path).map(({ object }) => object)
    const other = objects.find(({ kind }) => kind !== 'Pod')
    if (other) throw new Error(`a static pod is a Pod, not a ${other.kind}`)
    return objects as Pod[]
  } catch (error) {
    logger.warn({ file: path }, `a static pod cannot be read: ${(error as Error).message}`)
    return []
  }
}
