// Runs TypeScript of the repository as the tests are run, without a build.
import { createServer } from 'vite'

/** Calls an exported function of a module (its path from the repository's root) and waits for it. */
export async function callTypeScript(path, name, ...values) {
  const server = await createServer({
    configFile: false,
    root: new URL('..', import.meta.url).pathname,
    appType: 'custom',
    logLevel: 'error',
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, ws: false },
  })
  try {
    const module = await server.ssrLoadModule(path)
    await module[name](...values)
  } finally {
    await server.close()
  }
}
