/** `npm run fuzz -- --requests 100000 --seed N`: prints what was found, each kind of finding once with how often; exit code 1 if anything was. */
import { writeFileSync } from 'node:fs'
import { type Finding, fuzz } from './play.ts'

export async function main(args: readonly string[]): Promise<void> {
  const option = (name: string, fallback: number): number => {
    const at = args.indexOf(`--${name}`)
    return at < 0 ? fallback : Number(args[at + 1])
  }
  const seed = option('seed', Math.floor(Math.random() * 2 ** 31))
  const requests = option('requests', 100_000)
  const started = performance.now()
  const { statuses, verified, findings } = await fuzz({
    requests,
    seed,
    controllers: args.includes('--controllers'),
    progress: (so) =>
      console.error(`${so.requests} requests, ${so.verified} objects verified, ${so.findings.length} findings`),
  })
  const kinds = byKind(findings)
  for (const [what, [first, times]] of kinds)
    console.log(`\n${times} x ${what}\n  ${first.what}\n  ${first.request.slice(0, 4000)}`)
  const at = args.indexOf('--out')
  if (at >= 0) writeFileSync(args[at + 1] as string, JSON.stringify(findings, null, 1))
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`\nseed ${seed}: ${requests} requests in ${seconds} s, statuses ${JSON.stringify(statuses)}`)
  console.log(`${verified} stored objects verified; ${findings.length} findings of ${kinds.size} kinds`)
  process.exitCode = findings.length > 0 ? 1 : 0
}

/** Findings that differ in names and numbers only are of one kind. */
function byKind(findings: readonly Finding[]): Map<string, [first: Finding, times: number]> {
  const kinds = new Map<string, [Finding, number]>()
  for (const finding of findings) {
    const kind = finding.what
      .replace(/"[^"]*"/g, '"…"')
      .replace(/\d+/g, 'N')
      .slice(0, 160)
    const [first, times] = kinds.get(kind) ?? [finding, 0]
    kinds.set(kind, [first, times + 1])
  }
  return kinds
}
