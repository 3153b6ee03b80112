// Clients that create, update, patch and delete ConfigMaps, and one that watches; all they are told goes into the ledger.
import { Connection } from '../connection.mjs'

const FOLDER = '/api/v1/namespaces/default/configmaps'
const NAMES_A_CLIENT = 20
const LARGE = 'x'.repeat(200_000)
const LARGE_SHARE = 0.02

export class Clients {
  unanswered = 0
  #ledger
  #random
  #count
  #acknowledged = () => {}
  #paused
  #resume

  constructor({ ledger, random, count }) {
    this.#ledger = ledger
    this.#random = random
    this.#count = count
  }

  /** Compares what the server holds with the ledger. */
  async verify(target) {
    const connection = await Connection.open(target)
    this.#ledger.verify(JSON.parse((await connection.send('GET', FOLDER)).body()))
    connection.close()
  }

  /** Resolves when the server is gone. `acknowledged` is called after each answer. */
  async play(target, acknowledged) {
    this.whenAcknowledged(acknowledged)
    const writers = Array.from({ length: this.#count }, (_, client) => this.#write(target, client))
    await Promise.all([...writers, this.#watch(target)])
    this.resume()
  }

  /** From now on called after each answer. */
  whenAcknowledged(callback) {
    this.#acknowledged = callback
  }

  /** No further writes are sent until `resume`. */
  pause() {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  resume() {
    this.#paused = undefined
    this.#resume?.()
  }

  /** One client, alone on its names, one write after another. */
  async #write(target, client) {
    const connection = await Connection.open(target).catch(() => undefined)
    if (!connection) return
    for (;;) {
      if (this.#paused) await this.#paused
      const name = `client-${client}-${Math.floor(this.#random() * NAMES_A_CLIENT)}`
      // What was refused may be done all the same: what is there, only the next list says.
      if (this.#ledger.isOpen(name)) {
        await new Promise((resolve) => setImmediate(resolve))
        continue
      }
      const intent = this.#choose(name)
      this.#ledger.begin(name, intent)
      let answer
      try {
        answer = await connection.send(...intent.request)
      } catch (error) {
        // A server that is stopping, or whose etcd is gone, may refuse. What becomes of such a write is open, as it is without any answer.
        this.unanswered++
        if (error.message === 'connection closed') return
        if (!/: (500|503|504) /.test(error.message)) throw error
        continue
      }
      this.#ledger.acknowledge(name, intent, JSON.parse(answer.body()))
      this.#acknowledged()
    }
  }

  #choose(name) {
    const random = this.#random
    const value = `${Math.floor(random() * 1e9)}${random() < LARGE_SHARE ? LARGE : ''}`
    const body = JSON.stringify({ metadata: { name }, data: { value } })
    const path = `${FOLDER}/${name}`
    if (!this.#ledger.has(name)) return { value, request: ['POST', FOLDER, body] }
    const choice = random()
    if (choice < 0.3) return { value: undefined, request: ['DELETE', path] }
    if (choice < 0.65) return { value, request: ['PUT', path, body] }
    return { value, request: ['PATCH', path, JSON.stringify({ data: { value } }), 'application/merge-patch+json'] }
  }

  /** Whoever watches sees commits before their writer hears of them: those too must outlive the process. */
  async #watch(target) {
    const path = `${FOLDER}?watch=1&resourceVersion=${this.#ledger.listed}`
    const connection = await Connection.open(target).catch(() => undefined)
    await connection?.lines(path, (line) => this.#ledger.see(JSON.parse(line)))
  }
}
