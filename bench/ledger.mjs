// What a server owes its clients: the last acknowledged state of each name, the write of each name that got no answer, and every
// resourceVersion that anyone saw.

export class Ledger {
  acknowledged = 0
  highest = 0
  /** Revision of the last list. */
  listed = 0
  /** Name -> value and resourceVersion of what is there. */
  #present = new Map()
  /** Name -> the write that was sent and not answered. */
  #pending = new Map()
  /** resourceVersion -> the name it was given to. */
  #versions = new Map()
  /** Name -> the newest that a watcher saw: value (undefined: deleted) and resourceVersion. */
  #seen = new Map()

  has(name) {
    return this.#present.has(name)
  }

  begin(name, intent) {
    this.#pending.set(name, intent)
  }

  acknowledge(name, intent, answer) {
    this.acknowledged++
    this.#pending.delete(name)
    if (intent.value === undefined) return this.#present.delete(name)
    const version = Number(answer.metadata.resourceVersion)
    this.#note(version, name)
    this.#present.set(name, { value: intent.value, version })
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
    for (const name of new Set([...this.#present.keys(), ...this.#pending.keys(), ...stored.keys()])) {
      if (name.startsWith('client-')) this.#verifyName(name, stored.get(name))
    }
    this.#pending.clear()
    this.#seen.clear()
    this.highest = this.listed
  }

  #verifyName(name, found) {
    const owed = this.#present.get(name)
    const pending = this.#pending.get(name)
    const seen = this.#seen.get(name)
    const value = found?.data.value
    const isOwed = value === owed?.value && (!found || Number(found.metadata.resourceVersion) === owed.version)
    // Seen by a watcher: it is done, answered or not.
    if (seen && seen.version > (owed?.version ?? 0) && seen.value !== value) {
      throw new Error(`${name}: a watcher saw revision ${seen.version}, which is gone`)
    }
    const isPending = pending !== undefined && value === pending.value
    if (!isOwed && !isPending) {
      const what = found ? `is at ${found.metadata.resourceVersion}` : 'is not there'
      throw new Error(`${name} ${what}; acknowledged: ${owed ? `revision ${owed.version}` : 'its deletion'}`)
    }
    if (!found) return this.#present.delete(name)
    const version = Number(found.metadata.resourceVersion)
    if (isOwed) return
    this.#note(version, name)
    this.#present.set(name, { value, version })
  }

  #note(version, name) {
    const known = this.#versions.get(version)
    if (known !== undefined && known !== name)
      throw new Error(`resourceVersion ${version} of ${known} given to ${name} again`)
    if (version <= this.listed && known === undefined) {
      throw new Error(`resourceVersion ${version} of ${name} is not above ${this.listed}, where the server began`)
    }
    this.#versions.set(version, name)
    this.highest = Math.max(this.highest, version)
  }
}
