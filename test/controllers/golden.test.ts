/** Every case under golden/ is run; UPDATE_GOLDEN=1 writes what came out as expected. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dump, load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { type GoldenCase, runCase } from './golden-case.ts'

const ROOT = join(import.meta.dirname, 'golden')

for (const controller of readdirSync(ROOT)) {
  describe(controller, () => {
    for (const file of readdirSync(join(ROOT, controller))) {
      const path = join(ROOT, controller, file)
      const text = readFileSync(path, 'utf8')
      const golden = load(text) as GoldenCase
      test(golden.title, async () => {
        const actual = await runCase(golden)
        if (process.env.UPDATE_GOLDEN) {
          const input = text.split(/^expected:/m, 1)[0]
          writeFileSync(path, `${input.trimEnd()}\n${dump({ expected: actual }, { lineWidth: 140, noRefs: true })}`)
        } else expect(actual).toEqual(golden.expected)
      })
    }
  })
}
