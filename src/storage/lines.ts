/** Reads a file of lines of any size: V8 has no string, and Node no buffer, that holds the largest ones. */
import { open } from 'node:fs/promises'

const NEWLINE = 10
const CHUNK = 1024 * 1024

/** Lines without their newlines, as many at a time as were read at once. `tail`: what stands behind the last newline, if anything. */
export interface Lines {
  lines: Buffer[]
  tail?: Buffer
}

/**
 * The last one, and only it, has a `tail`, which may be empty. All are good until the next one is asked for: they lie in one buffer, as memory outside
 * of the heap makes V8 collect all of it.
 */
export async function* readLines(path: string): AsyncIterable<Lines> {
  const file = await open(path)
  try {
    let buffer = Buffer.allocUnsafeSlow(CHUNK)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      const searched = length
      length += bytesRead
      const lines: Buffer[] = []
      let start = 0
      for (
        let end = buffer.indexOf(NEWLINE, searched);
        end >= 0 && end < length;
        end = buffer.indexOf(NEWLINE, start)
      ) {
        lines.push(buffer.subarray(start, end))
        start = end + 1
      }
      yield { lines }
      buffer.copyWithin(0, start, length)
      length -= start
      // A line that is longer than all there is room for.
      if (length === buffer.length) buffer = Buffer.concat([buffer], 2 * length)
    }
    yield { lines: [], tail: buffer.subarray(0, length) }
  } finally {
    await file.close()
  }
}
