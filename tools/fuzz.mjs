// npm run fuzz: the TypeScript of test/fuzz is run as the tests are, without a build.
import { callTypeScript } from './typescript.mjs'

await callTypeScript('/test/fuzz/main.ts', 'main', process.argv.slice(2))
