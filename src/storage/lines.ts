/** Reads a file of lines of any size: V8 has no string, and Node no buffer, that holds the largest ones. */
import { createReadStream } from 'node:fs'

const NEWLINE = 10
const CHUNK = 1024 * 1024

/** Lines without their newlines, as many at a time as were read at once. `tail`: what stands behind the last newline, if anything. */
export interface Lines {
  lines: Buffer[]
  tail?: Buffer
}

/** The last one, and only it, has a `tail`, which may be empty. */
export async function* readLines(path: string): AsyncIterable<Lines> {
  let rest: Buffer<ArrayBuffer>[] = []
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer<ArrayBuffer>>) {
    let end = chunk.indexOf(NEWLINE)
    if (end < 0) {
      rest.push(chunk)
      continue
    }
    const lines = [Buffer.concat([...rest, chunk.subarray(0, end)])]
    let start = end + 1
    for (end = chunk.indexOf(NEWLINE, start); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(chunk.subarray(start, end))
      start = end + 1
    }
    rest = [chunk.subarray(start)]
    yield { lines }
  }
  yield { lines: [], tail: Buffer.concat(rest) }
}
