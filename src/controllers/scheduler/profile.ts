/** A scheduler by name: its plugins and what their scores count. Mirrors pkg/scheduler/profile. */
import type { Plugin } from './plugin.ts'
import { plugins } from './plugins.ts'

export interface Profile {
  schedulerName: string
  plugins: readonly Plugin[]
  /** By the name of the plugin; 0: its scores do not count. */
  weights: ReadonlyMap<string, number>
  /** Of all nodes, how many that fit are enough; 0: the more nodes there are, the fewer. */
  percentageOfNodesToScore: number
  /** Whether others may have to go. */
  preempts: boolean
}

export const DEFAULT_SCHEDULER = 'default-scheduler'

export function defaultProfile(): Profile {
  return {
    schedulerName: DEFAULT_SCHEDULER,
    plugins: plugins.map(({ make }) => make()),
    weights: new Map(plugins.map(({ name, weight }) => [name, weight])),
    percentageOfNodesToScore: 0,
    preempts: true,
  }
}
