// Fills sequences of test/golden/apply with a real kube-apiserver's answers: node tools/record/record-apply.mjs FILE... (names without folder).
// Environment: KUBE_SERVER, KUBE_TOKEN, NODE_TLS_REJECT_UNAUTHORIZED=0.
import { createServer } from 'vite'

const server = await createServer({
  configFile: false,
  root: new URL('../..', import.meta.url).pathname,
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, watch: null, ws: false },
})
try {
  const { recordApply } = await server.ssrLoadModule('/test/support/record-apply.ts')
  await recordApply(process.argv.slice(2))
} finally {
  await server.close()
}
