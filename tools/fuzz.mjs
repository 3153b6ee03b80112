// npm run fuzz: the TypeScript of test/fuzz is run as the tests are, without a build.
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
  const { main } = await server.ssrLoadModule('/test/fuzz/main.ts')
  await main(process.argv.slice(2))
} finally {
  await server.close()
}
