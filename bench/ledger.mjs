// What a server owes its clients: the last acknowledged state of each name, the write of each name that got no answer, and every
// resourceVersion that anyone saw.

export class Ledger {
  acknowledged = 0
  highest = 0
  /** Revision of the last list. */
  listed = 0
  /** Name -> the last acknowledged value and its resourceVersion; a deletion is no value, at the resourceVersion of what it deleted. */
  #owed = new Map()
  /** Name -> the write that was sent and not answered. */
  #pending = new Map()
  /** resourceVersion -> the name it was given to. */
  #versions = new Map()
  /** Name -> the newest that a watcher saw: value (undefined: deleted) and resourceVersion. */
  #seen = new Map()

  has(name) {
    return this.#owed.get(name)?.value !== undefined
  }

  /** Whether a write of the name was sent and nobody knows what came of it. */
  isOpen(name) {
    return this.#pending.has(name)
  }

  begin(name, intent) {
    this.#pending.set(name, intent)
  }

  acknowledge(name, intent, answer) {
    this.acknowledged++
    this.#pending.delete(name)
    if (intent.value === undefined) {
      this.#owed.set(name, { value: undefined, version: this.#owed.get(name).version })
      return
    }
    const version = Number(answer.metadata.resourceVersion)
    this.#note(version, name)
    this.#owed.set(name, { value: intent.value, version })
  }

  /** A watch event. */
  see({ type, object }) {
    const version = Number(object.metadata.resourceVersion)
    const { name } = object.metadata
    this.#note(version, name)
    this.#seen.set(name, { value: type === 'DELETED' ? undefined : object.data.value, version })
  }

  /** Throws what is wrong with a list that a restarted server answers. The writes without an answer are settled by it. */
  verify(list) {
    this.listed = Number(list.metadata.resourceVersion)
    if (this.listed < this.highest)
      throw new Error(`revision ${this.listed} after a restart, ${this.highest} was seen before`)
    const stored = new Map(list.items.map(({ metadata, data }) => [metadata.name, { data, metadata }]))
    for (const name of new Set([...this.#owed.keys(), ...this.#pending.keys(), ...stored.keys()])) {
      if (name.startsWith('client-')) this.#verifyName(name, stored.get(name))
    }
    this.#pending.clear()
    this.#seen.clear()
    this.highest = this.listed
  }

  #verifyName(name, found) {
    const owed = this.#owed.get(name) ?? { value: undefined, version: 0 }
    const pending = this.#pending.get(name)
    const seen = this.#seen.get(name)
    const value = found?.data.value
    const version = Number(found?.metadata.resourceVersion ?? 0)
    // What a watcher saw is done, answered or not: the state before it must not come back.
    const isPast = seen !== undefined && seen.version > owed.version && seen.value !== value
    const isOwed = value === owed.value && (!found || version === owed.version) && !isPast
    const isPending = pending !== undefined && value === pending.value
    if (!isOwed && !isPending) {
      const what = found ? `is at revision ${version}` : 'is not there'
      const newest = isPast ? `; a watcher saw revision ${seen.version}` : ''
      const state = owed.value === undefined ? 'its deletion' : `revision ${owed.version}`
      throw new Error(`${name} ${what}; acknowledged: ${state}${newest}`)
    }
    if (isOwed) return
    if (found) this.#claim(version, name)
    this.#owed.set(name, { value, version: Math.max(version, owed.version) })
  }

  /** A resourceVersion that somebody was told of: above all that were before this start, and nobody else's. */
  #note(version, name) {
    if (version <= this.listed && this.#versions.get(version) !== name) {
      throw new Error(`resourceVersion ${version} of ${name} is not above ${this.listed}, where the server began`)
    }
    this.#claim(version, name)
  }

  #claim(version, name) {
    const known = this.#versions.get(version)
    if (known !== undefined && known !== name) {
      throw new Error(`resourceVersion ${version} of ${known} was given to ${name}, too`)
    }
    this.#versions.set(version, name)
    this.highest = Math.max(this.highest, version)
  }
}
