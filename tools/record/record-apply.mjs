// Fills sequences of test/golden/apply with a real kube-apiserver's answers: node tools/record/record-apply.mjs FILE... (names without folder).
// Environment: KUBE_SERVER, KUBE_TOKEN, NODE_TLS_REJECT_UNAUTHORIZED=0.
import { callTypeScript } from '../typescript.mjs'

await callTypeScript('/test/support/record-apply.ts', 'recordApply', process.argv.slice(2))
