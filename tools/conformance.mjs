// npm run conformance, npm run conformance:record: the TypeScript of test/conformance is run as the tests are, without a build.
import { createServer } from 'vite'

const server = await createServer({
  configFile: false,
  root: new URL('..', import.meta.url).pathname,
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, watch: null, ws: false },
})
try {
  const { main } = await server.ssrLoadModule('/test/conformance/main.ts')
  await main(process.argv.slice(2))
} finally {
  await server.close()
}
