// The last step of the build: serves once, and keeps beside the bundles what V8 compiled for it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepCompiled, loadBundle } from '../dist/cli/load-bundle.js'

const folder = mkdtempSync(join(tmpdir(), 'kubemu-build-'))
const flags = ['start', '--in-memory', '--port', '0', '--json', '--kubeconfig', join(folder, 'kubeconfig')]
process.argv = [process.execPath, 'kubemu', ...flags, '--log-level', 'silent']
process.stdout.write = (line) => {
  void keep(JSON.parse(line).url)
  return true
}
loadBundle(fileURLToPath(new URL('../dist/bundles/main.cjs', import.meta.url)))

async function keep(url) {
  const { status } = await fetch(`${url}/readyz`)
  if (status !== 200) throw new Error(`/readyz answers ${status}`)
  keepCompiled()
  rmSync(folder, { recursive: true })
  process.exit(0)
}
