import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    // The examples use the package by its name; here that is the source.
    alias: { kubemu: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // The recorded corpus has a run of its own: npm run test:conformance.
    exclude: ['test/e2e/**', 'test/conformance/conformance.test.ts', '**/node_modules/**'],
    // Files share one process and its modules: no state is global, and importing everything anew took half of the time.
    isolate: false,
    testTimeout: 20_000,
  },
})
