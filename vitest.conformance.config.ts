import { defineConfig } from 'vitest/config'

/** The corpus recorded from a real kube-apiserver, against this tree: a difference that is not known fails. */
export default defineConfig({
  test: {
    include: ['test/conformance/conformance.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
})
