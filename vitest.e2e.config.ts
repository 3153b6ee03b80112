import { defineConfig } from 'vitest/config'

/** Real clients against the built command line: `npm run test:e2e` builds it first. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
