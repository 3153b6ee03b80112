// Reads the golden file as questions, one a line, and writes the answers into it. Called by run.sh.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../../test/golden/cel/expressions.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8'))

if (process.argv[2] === 'questions') {
  for (const { expr } of golden.answers) console.log(JSON.stringify({ expr, vars: golden.variables }))
} else {
  const lines = readFileSync(0, 'utf8').trim().split('\n')
  const answers = lines.map((line) => `  ${line}`).join(',\n')
  writeFileSync(file, `{\n "variables": ${JSON.stringify(golden.variables)},\n "answers": [\n${answers}\n ]\n}\n`)
}
