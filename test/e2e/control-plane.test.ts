/** The control plane through kubectl: a script that prints what a person would see on a cluster, on a clock that the test moves. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { nodeScenes } from './control-plane/nodes.ts'
import { openStage, type Stage } from './control-plane/stage.ts'
import { workloadScenes } from './control-plane/workloads.ts'
import { findKubectls } from './kubectl/kubectl.ts'

const newest = findKubectls().at(-1)

if (!newest) {
  const reason = 'there is no kubectl: put one on PATH, or name some (a comma list) in KUBECTL'
  console.warn(`SKIPPED the control plane's script: ${reason}`)
  test('the control plane does what it does on a cluster', (context) => context.skip(reason))
}

describe.runIf(newest)('the control plane', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage(newest!)
  })
  afterAll(() => stage.close())

  async function scene(
    namespace: string,
    play: (shell: Awaited<ReturnType<Stage['shell']>>) => Promise<void>,
  ): Promise<void> {
    const shell = await stage.shell(namespace)
    try {
      await play(shell)
      await shell.$(`delete namespace ${namespace}`)
    } finally {
      console.log(shell.transcript())
    }
  }

  workloadScenes(scene)
  nodeScenes(scene)
})
