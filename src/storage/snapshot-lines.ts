/**
 * Reads a data file that is too large for one string (V8 has no string over 512 MB), line by line. Only in the layout that
 * snapshot-file.ts writes, which nobody reformats by hand at that size.
 */
import { createReadStream } from 'node:fs'

const NEWLINE = 10

/** The document as JSON.parse would give it. Throws when it is in another layout or does not end. */
export async function readDocumentByLines(path: string): Promise<unknown> {
  const head: string[] = []
  const objects: Record<string, Record<string, unknown>> = {}
  let named: Record<string, unknown> | undefined
  let ends = 0
  for await (const line of linesOf(path)) {
    const text = line.endsWith(',') ? line.slice(0, -1) : line
    if (named !== undefined) {
      if (text === '}') named = undefined
      else Object.assign(named, JSON.parse(`{${text}}`))
    } else if (text.endsWith('": {')) {
      const prefix: string = JSON.parse(text.slice(0, -': {'.length))
      if (prefix === 'objects') continue
      named = {}
      objects[prefix] = named
    } else if (text === '}') ends++
    else head.push(text)
  }
  if (named !== undefined || ends !== 2) throw new Error('it does not end')
  return { ...JSON.parse(`${head[0]}${head.slice(1).join()}}`), objects }
}

async function* linesOf(path: string): AsyncIterable<string> {
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const bytes = Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.toString('utf8', start, end)
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) yield rest.toString()
}
