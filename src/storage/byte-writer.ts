/** Puts text, bytes and objects together in one buffer, again and again: memory outside of the heap is dear to V8. */
import type { KubeObject } from '../apimachinery/meta.ts'
import { keptObjectBytes, objectText } from '../apimachinery/object-bytes.ts'

/** `start`: bytes to begin with; the buffer grows as needed. What was written is good until `clear`. */
export class ByteWriter {
  readonly #start: number
  #buffer: Buffer
  #length = 0

  constructor(start: number) {
    this.#start = start
    this.#buffer = Buffer.allocUnsafeSlow(start)
  }

  get length(): number {
    return this.#length
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** `limit`: a buffer that had to grow beyond it is given back. */
  clear(limit = Number.POSITIVE_INFINITY): void {
    if (this.#buffer.length > limit) this.#buffer = Buffer.allocUnsafeSlow(this.#start)
    this.#length = 0
  }

  text(text: string): void {
    // No UTF-16 unit takes more than three bytes of UTF-8.
    this.#reserve(text.length * 3)
    this.#length += this.#buffer.write(text, this.#length)
  }

  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#length += bytes.copy(this.#buffer, this.#length)
  }

  /** The object as JSON. */
  object(object: KubeObject): void {
    const kept = keptObjectBytes(object)
    if (kept === undefined) this.text(objectText(object))
    else this.bytes(kept)
  }

  #reserve(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(needed * 2)
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
