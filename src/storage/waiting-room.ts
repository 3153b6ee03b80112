/**
 * Watchers that have seen everything, by what would concern them: a commit finds its own watchers and passes by all others. Mirrors the
 * namespace scopes and triggers of apiserver/pkg/storage/cacher (indexedWatchers), for any question that demands one value.
 */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { StorageEvent, WatchOptions } from './interface.ts'

export interface Waiter {
  readonly under: string
  readonly only: WatchOptions['only']
}

/** Waiters that ask the same question, by the value they demand and the names they are under. */
interface Ward<W> {
  read: ((object: KubeObject) => string | undefined) | undefined
  waiting: Map<string, Map<string, Set<W>>>
  /** Length of an `under` -> how many have one of that length, waiting or not. */
  lengths: Map<number, number>
}

const ANY = ''

export class WaitingRoom<W extends Waiter> {
  readonly #wards = new Map<string, Ward<W>>()

  /** To be called once for each that will ever wait here. */
  admit({ under, only }: W): void {
    const key = only?.key ?? ANY
    let ward = this.#wards.get(key)
    if (!ward) {
      ward = { read: only?.read, waiting: new Map(), lengths: new Map() }
      this.#wards.set(key, ward)
    }
    ward.lengths.set(under.length, (ward.lengths.get(under.length) ?? 0) + 1)
  }

  /** It comes no more. */
  discharge(waiter: W): void {
    const { under, only } = waiter
    const key = only?.key ?? ANY
    const ward = this.#wards.get(key)!
    const byName = ward.waiting.get(only?.value ?? ANY)
    const waiting = byName?.get(under)
    if (waiting?.delete(waiter) && waiting.size === 0) byName!.delete(under)
    if (byName?.size === 0) ward.waiting.delete(only?.value ?? ANY)
    const left = ward.lengths.get(under.length)! - 1
    if (left > 0) ward.lengths.set(under.length, left)
    else ward.lengths.delete(under.length)
    if (ward.lengths.size === 0) this.#wards.delete(key)
  }

  enter(waiter: W): void {
    const { under, only } = waiter
    const { waiting } = this.#wards.get(only?.key ?? ANY)!
    const value = only?.value ?? ANY
    let byName = waiting.get(value)
    if (!byName) {
      byName = new Map()
      waiting.set(value, byName)
    }
    const waiters = byName.get(under)
    if (waiters) waiters.add(waiter)
    else byName.set(under, new Set([waiter]))
  }

  /** Takes out everyone whom the event concerns, then calls for each: who comes back meanwhile waits for the next one. */
  leave({ key: { name }, object, prevObject }: StorageEvent, call: (waiter: W) => void): void {
    for (const ward of this.#wards.values()) {
      if (ward.waiting.size === 0) continue
      if (!ward.read) {
        callUnder(ward, ANY, name, call)
        continue
      }
      const value = ward.read(object)
      const before = prevObject && ward.read(prevObject)
      if (value !== undefined) callUnder(ward, value, name, call)
      if (before !== undefined && before !== value) callUnder(ward, before, name, call)
    }
  }
}

function callUnder<W>({ waiting, lengths }: Ward<W>, value: string, name: string, call: (waiter: W) => void): void {
  const byName = waiting.get(value)
  if (!byName) return
  for (const length of lengths.keys()) {
    if (length > name.length) continue
    const under = name.slice(0, length)
    const waiters = byName.get(under)
    if (!waiters) continue
    byName.delete(under)
    for (const waiter of waiters) call(waiter)
  }
}
