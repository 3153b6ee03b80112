/** `kubemu data check|compact|export FILE`: looks after a data file. Answers exit codes; what it says on stdout is for people, or a fixture. */
import { encodeYaml } from '../apimachinery/schema/yaml-encode.ts'
import { checkDataFile, compactDataFile, type DataFileReport, exportDataFile } from '../data-file.ts'

export interface ExportFlags {
  output: 'yaml' | 'json'
  resource?: string[]
  namespace?: string
  all?: boolean
}

/** 1 when it is damaged. */
export function check(path: string): Promise<number> {
  return saying(async () => describe(path, await checkDataFile(path)))
}

export function compact(path: string): Promise<number> {
  return saying(async () => {
    await compactDataFile(path)
    return describe(path, await checkDataFile(path))
  })
}

export function exportFixture(path: string, { output, resource, namespace, all }: ExportFlags): Promise<number> {
  return saying(async () => {
    const objects = await exportDataFile(path, { resources: resource, namespace, all })
    if (output === 'yaml') return objects.map(encodeYaml).join('---\n')
    return `${JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: {}, items: objects }, undefined, 2)}\n`
  })
}

async function saying(act: () => Promise<string>): Promise<number> {
  try {
    process.stdout.write(await act())
    return 0
  } catch (error) {
    process.stderr.write(`kubemu: ${(error as Error).message}\n`)
    return 1
  }
}

function describe(path: string, { formats, saved, segments, revision, objects, holder }: DataFileReport): string {
  const commits = segments.reduce((sum, segment) => sum + segment.commits, 0)
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
  const torn = segments.filter(({ torn }) => torn > 0)
  const total = [...objects.values()].reduce((sum, count) => sum + count, 0)
  const rows = table([
    ['in use', holder ? `by ${holder}; this is the state of a moment` : 'no'],
    [
      'snapshot',
      saved ? `format ${formats.snapshot}, revision ${saved.revision}, ${kilobytes(saved.bytes)}` : 'none yet',
    ],
    ['journal', segments.length === 0 ? 'none' : `format ${formats.journal}, ${commits} commits, ${kilobytes(bytes)}`],
    ...torn.map(({ path, torn }) => [
      '',
      `${path}: ${torn} bytes at its end are of a write that was never acknowledged`,
    ]),
    ['revision', String(revision)],
    ['objects', String(total)],
    ...[...objects].map(([resource, count]) => [`  ${resource}`, String(count)]),
  ])
  return `${path}: no damage\n${rows}`
}

function table(rows: string[][]): string {
  const width = Math.max(...rows.map(([name = '']) => name.length))
  return rows.map(([name = '', value]) => `${name.padEnd(width)}  ${value}\n`).join('')
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} KB`
}
