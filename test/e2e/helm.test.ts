/** An unmodified helm installs, upgrades, rolls back, tests and uninstalls a chart with a custom resource and hooks. */
import { type ExecFileException, execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, startServer } from './server.ts'

const CHART = fileURLToPath(new URL('chart', import.meta.url))
const helmPath = process.env['HELM'] ?? 'helm'
const LIMIT_MS = 60_000

/** `v3.18.6`, or undefined when there is no helm. */
function helmVersion(): string | undefined {
  try {
    return execFileSync(helmPath, ['version', '--template', '{{.Version}}'], { encoding: 'utf8', timeout: LIMIT_MS })
  } catch {
    return undefined
  }
}

const version = helmVersion()
if (version === undefined) {
  const reason = 'there is no helm: put one on PATH or name it in HELM (go install helm.sh/helm/v3/cmd/helm@v3.18.6)'
  test('helm does what it does on a cluster', (context) => {
    if (process.env['CI']) throw new Error(reason)
    console.warn(`SKIPPED the helm tests: ${reason}`)
    context.skip(reason)
  })
}

describe.runIf(version)(`helm ${version}`, () => {
  let server: Server
  let api: KubernetesObjectApi
  beforeAll(async () => {
    server = await startServer()
    const config = new KubeConfig()
    config.loadFromFile(server.kubeconfig)
    api = KubernetesObjectApi.makeApiClient(config)
  })
  afterAll(async () => {
    const errors = server.errors()
    expect(await server.stop()).toBe(0)
    expect(errors).toBe('')
  })

  const run = (...args: string[]): Promise<{ code: number; text: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, HOME: server.folder, KUBECONFIG: server.kubeconfig, HELM_NAMESPACE: 'shops' }
      const done = (error: ExecFileException | null, stdout: string, stderr: string): void =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, text: stdout + stderr })
      execFile(helmPath, args, { env, timeout: LIMIT_MS }, done)
    })
  const helm = async (...args: string[]): Promise<string> => {
    const { code, text } = await run(...args)
    if (code !== 0) throw new Error(`helm ${args.join(' ')}: exit code ${code}\n${text}`)
    return text
  }
  const get = async (apiVersion: string, kind: string, name: string): Promise<Record<string, never> | undefined> => {
    const header = { apiVersion, kind, metadata: { name, namespace: 'shops' } }
    return (await api.read(header as KubernetesObject & { metadata: { name: string } }).catch(() => undefined)) as never
  }

  test('install makes the definition, runs the hook, waits for all, and lists the release', async () => {
    const text = await helm('install', 'web', CHART, '--create-namespace', '--wait', '--timeout', '40s')
    expect(text).toMatch(/NAME: web\n[\s\S]*STATUS: deployed\nREVISION: 1/)
    expect(await get('shop.example.com/v1', 'Widget', 'web')).toMatchObject({ spec: { size: 1, color: 'blue' } })
    expect(await get('batch/v1', 'Job', 'web-pre-install')).toMatchObject({ status: { succeeded: 1 } })
    expect(await get('policy/v1', 'PodDisruptionBudget', 'web')).toBeDefined()
    expect(await helm('list')).toMatch(/^web\s+shops\s+1\s+.*\s+deployed\s+shop-0\.1\.0\s+1/m)
    expect(await helm('test', 'web')).toContain('Phase:          Succeeded')
  })

  test('upgrade changes what differs; a dry run and a broken value change nothing', async () => {
    expect(await helm('upgrade', 'web', CHART, '--set', 'replicas=2', '--dry-run=server')).toContain('REVISION: 2')
    const text = await helm('upgrade', 'web', CHART, '--set', 'replicas=2,greeting=hi', '--wait', '--timeout', '40s')
    expect(text).toContain('STATUS: deployed\nREVISION: 2')
    expect(await get('apps/v1', 'Deployment', 'web')).toMatchObject({ status: { readyReplicas: 2 } })
    expect(await get('shop.example.com/v1', 'Widget', 'web')).toMatchObject({ spec: { size: 2 } })
    const refused = await run('upgrade', 'web', CHART, '--set', 'replicas=0', '--atomic', '--timeout', '40s')
    expect(refused).toMatchObject({
      code: 1,
      text: expect.stringContaining('spec.size in body should be greater than or equal to 1'),
    })
    expect(await get('shop.example.com/v1', 'Widget', 'web')).toMatchObject({ spec: { size: 2 } })
  })

  test('a hook that fails fails the upgrade, and rollback brings the old state back', async () => {
    const failed = await run('upgrade', 'web', CHART, '--set', 'failHook=true,greeting=bye', '--timeout', '40s')
    expect(failed).toMatchObject({
      code: 1,
      text: expect.stringContaining('job web-post-upgrade failed: BackoffLimitExceeded'),
    })
    expect(await get('v1', 'ConfigMap', 'web')).toMatchObject({ data: { greeting: 'bye' } })
    await helm('rollback', 'web', '1', '--wait', '--timeout', '40s')
    expect(await get('v1', 'ConfigMap', 'web')).toMatchObject({ data: { greeting: 'hello' } })
    expect(await get('apps/v1', 'Deployment', 'web')).toMatchObject({ spec: { replicas: 1 } })
    expect(await get('batch/v1', 'Job', 'web-pre-rollback')).toMatchObject({ status: { succeeded: 1 } })
    expect(await helm('history', 'web')).toMatch(/Rollback to 1\s*$/m)
    expect(await helm('get', 'manifest', 'web')).toContain('kind: Widget')
  })

  test('uninstall takes away all but the definition', async () => {
    expect(await helm('uninstall', 'web', '--wait', '--timeout', '40s')).toContain('release "web" uninstalled')
    for (const [apiVersion, kind] of [
      ['v1', 'ConfigMap'],
      ['v1', 'Service'],
      ['apps/v1', 'Deployment'],
      ['shop.example.com/v1', 'Widget'],
    ] as const) {
      expect(await get(apiVersion, kind, 'web')).toBeUndefined()
    }
    expect(await get('batch/v1', 'Job', 'web-post-delete')).toMatchObject({ status: { succeeded: 1 } })
    expect(await get('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.shop.example.com')).toBeDefined()
    expect(await helm('list', '--all')).not.toContain('web')
  })
})
