// npm run conformance, npm run conformance:record: the TypeScript of test/conformance is run as the tests are, without a build.
import { runnerImport } from 'vite'

const { module } = await runnerImport(new URL('../test/conformance/main.ts', import.meta.url).pathname)
await module.main(process.argv.slice(2))
