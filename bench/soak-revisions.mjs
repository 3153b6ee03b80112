// The revisions that a watcher saw, in order: which are missing, which came twice.
import { connect, requestText } from './connection.mjs'

const NEWLINE = 0x0a
const BRACE = 0x7b
const VERSION = Buffer.from('"resourceVersion":"')
const INITIAL_END = 'k8s.io/initial-events-end'

/** Pods are the only thing that is written: a watcher of all pods sees every revision, one after the other. */
export class Revisions {
  #last
  #seen = 0
  #gaps = 0
  #backwards = 0
  #over = ''
  #waiting

  constructor(from) {
    this.#last = from
  }

  /** Resolves when the watch is open, and where it begins with the present state, when that has come. */
  async follow(target, path, fromState) {
    const socket = await connect(target)
    socket.write(requestText(target, 'GET', path))
    let initial = fromState
    let rest = Buffer.alloc(0)
    await new Promise((resolve) => {
      socket.on('data', (chunk) => {
        const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
        let at = 0
        for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, at)) {
          if (text[at] === BRACE && end - at > 2) {
            const line = text.subarray(at, end)
            if (!initial) this.#take(line)
            else if (line.includes(INITIAL_END)) {
              initial = false
              this.#last = Math.max(this.#last, versionOf(line))
            }
          }
          at = end + 1
        }
        rest = Buffer.from(text.subarray(at))
        if (!initial) resolve()
      })
    })
    socket.once('close', () => {
      this.#over = `ended at ${this.#last}`
    })
  }

  #take(line) {
    if (line.includes('"type":"BOOKMARK"')) return
    if (line.includes('"type":"ERROR"')) this.#over = String(line)
    const version = versionOf(line)
    this.#seen++
    if (version <= this.#last) this.#backwards++
    else this.#gaps += version - this.#last - 1
    this.#last = Math.max(this.#last, version)
    if (this.#waiting && this.#last >= this.#waiting.version) this.#waiting.resolve()
  }

  /** Resolves when the revision was seen, or ten seconds later. */
  reached(version) {
    return new Promise((resolve) => {
      this.#waiting = { version, resolve }
      if (this.#last >= version) resolve()
      setTimeout(resolve, 10_000).unref()
    })
  }

  get isOrdered() {
    return this.#backwards === 0 && this.#over === ''
  }

  get isWhole() {
    return this.isOrdered && this.#gaps === 0
  }

  /** `all`: whether every revision concerns it. */
  summary(all) {
    const gaps = all ? `${this.#gaps} revisions not seen, ` : ''
    const over = this.#over ? `, ${this.#over}` : ''
    return `${this.#seen.toLocaleString('en')} events, ${gaps}${this.#backwards} out of order${over}`
  }
}

function versionOf(line) {
  const at = line.indexOf(VERSION) + VERSION.length
  return Number(line.latin1Slice(at, line.indexOf(0x22, at)))
}
