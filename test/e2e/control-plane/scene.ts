/** What the parts of the script share. */
import type { Shell } from './stage.ts'

/** Plays in a namespace of its own, and prints what was typed and answered. */
export type Scene = (namespace: string, play: (shell: Shell) => Promise<void>) => Promise<void>
