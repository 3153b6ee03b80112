/**
 * Cases that were played against the real kube-controller-manager and kube-scheduler are played against KubEmu. To record: RECORD_URL and RECORD_TOKEN of a real
 * cluster without nodes, and NODE_TLS_REJECT_UNAUTHORIZED=0; RECORD_ONLY is a part of the titles to record,
 * RECORD_SUITE of the suites. A suite says which controllers run there, and which admission plug-ins must be off.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Snapshot, Stage, Suite } from './recorded/case.ts'
import { play } from './recorded/play.ts'
import { emulatedStage, realStage } from './recorded/stages.ts'
import { suites } from './recorded/suites.ts'

const { RECORD_URL, RECORD_TOKEN = '', RECORD_ONLY = '', RECORD_SUITE = '' } = process.env
const RECORD_TIMEOUT_MS = 300_000

for (const suite of suites) {
  const path = join(import.meta.dirname, 'recorded', 'golden', `${suite.name}.json`)
  const golden: Record<string, Snapshot[]> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  if (RECORD_URL && suite.name.includes(RECORD_SUITE)) record(suite, golden, path, RECORD_URL)
  else if (!RECORD_URL) replay(suite, golden)
}

function replay(suite: Suite, golden: Record<string, Snapshot[]>): void {
  describe(`${suite.name}, as the real controllers do`, () => {
    test.each(suite.cases)('$title', async (each) => {
      expect(golden[each.title], 'not recorded').toBeDefined()
      const stage = await emulatedStage(suite, 'recorded')
      const actual = await play(each, suite, stage)
      await stage.close()
      expect(actual).toEqual(golden[each.title])
    })
  })
}

if (!RECORD_URL) {
  test('docs/compatibility.md says how many recorded cases there are.', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/compatibility.md'), 'utf8')
    for (const { name, cases } of suites)
      expect(page).toContain(`| recorded/${name} | ${cases.length} | ${cases.length} |`)
  })
}

function record(suite: Suite, golden: Record<string, Snapshot[]>, path: string, url: string): void {
  const run = `${suite.name}-${Date.now().toString(36)}`
  const concurrent = suite.exclusive ? describe : describe.concurrent
  concurrent(`recording ${suite.name}`, () => {
    const wanted = suite.cases.filter(({ title }) => title.includes(RECORD_ONLY))
    for (const [i, each] of wanted.entries()) {
      test(
        each.title,
        async () => {
          const stage = await realStage({ url, token: RECORD_TOKEN }, suite, `${run}-${i}`)
          try {
            golden[each.title] = await play(each, suite, stage)
            save(suite, golden, path)
          } finally {
            if (suite.exclusive) await cleanUp(suite, stage)
          }
        },
        RECORD_TIMEOUT_MS,
      )
    }
  })
}

/** After each case: a recording that is broken off is not lost. */
function save(suite: Suite, golden: Record<string, Snapshot[]>, path: string): void {
  const lines = suite.cases
    .filter(({ title }) => golden[title])
    .map(
      ({ title }) => `${JSON.stringify(title)}: [\n${golden[title].map((step) => JSON.stringify(step)).join(',\n')}\n]`,
    )
  writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`)
}

/** Again and again, until nothing is left: controllers delete, and put finalizers on, meanwhile. */
async function cleanUp(suite: Suite, stage: Stage): Promise<void> {
  for (let left = true; left; await stage.pass(0.3)) {
    left = false
    for (const resource of [...(suite.cleans ?? []), ...suite.shows]) {
      for (const { metadata } of await stage.list(resource)) {
        const name = metadata.name as string
        // Priority classes of the cluster's own stay.
        if (name.startsWith('system-') || suite.omits?.includes(name)) continue
        left = true
        await stage.delete(resource, name, { gracePeriodSeconds: 0 }).catch(() => {})
        await stage.patch(resource, name, { metadata: { finalizers: null } }).catch(() => {})
      }
    }
  }
}
