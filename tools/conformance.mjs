// npm run conformance, npm run conformance:record: the TypeScript of test/conformance is run as the tests are, without a build.
import { callTypeScript } from './typescript.mjs'

await callTypeScript('/test/conformance/main.ts', 'main', process.argv.slice(2))
