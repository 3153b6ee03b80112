/** `npm run fuzz -- --requests 100000 --seed N`: prints each kind of finding once, when it comes; exit code 1 if anything was. */
import { writeFileSync } from 'node:fs'
import { type Finding, fuzz, type Played } from './play.ts'

export async function main(args: readonly string[]): Promise<void> {
  const option = (name: string, fallback: number): number => {
    const at = args.indexOf(`--${name}`)
    return at < 0 ? fallback : Number(args[at + 1])
  }
  const seed = option('seed', Math.floor(Math.random() * 2 ** 31))
  const requests = option('requests', 100_000)
  const started = performance.now()
  const kinds = new Map<string, number>()
  let told = 0
  const progress = ({ requests: sent, verified, findings }: Played): void => {
    for (const finding of findings.slice(told)) {
      const kind = kindOf(finding)
      if (!kinds.has(kind)) console.log(`\n${finding.what}\n  ${finding.request.slice(0, 4000)}`)
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    told = findings.length
    console.error(`${sent} requests, ${verified} objects verified, ${told} findings of ${kinds.size} kinds`)
  }
  const { statuses, verified, findings } = await fuzz({
    requests,
    seed,
    controllers: args.includes('--controllers'),
    progress,
  })
  const at = args.indexOf('--out')
  if (at >= 0) writeFileSync(args[at + 1] as string, JSON.stringify(findings, null, 1))
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`\nseed ${seed}: ${requests} requests in ${seconds} s, statuses ${JSON.stringify(statuses)}`)
  console.log(`${verified} stored objects verified; ${findings.length} findings of ${kinds.size} kinds`)
  process.exitCode = findings.length > 0 ? 1 : 0
}

/** Findings that differ in names and numbers only are of one kind. */
function kindOf({ what }: Finding): string {
  return what
    .replace(/"[^"]*"/g, '"…"')
    .replace(/\d+/g, 'N')
    .slice(0, 130)
}
