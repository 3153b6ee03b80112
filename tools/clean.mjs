// Removes what the build makes, so that nothing of a source file that is gone is packed.
import { rmSync } from 'node:fs'

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
