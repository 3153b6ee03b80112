/** Chance as fast-check gives it: every choice comes from one seed. */
import fc from 'fast-check'

export interface Draw {
  /** 0 to max, both included. */
  int(max: number): number
  pick<T>(list: readonly T[]): T
  chance(percent: number): boolean
}

/** `count` values that `make` draws; the same for the same seed. */
export function drawn<T>(make: (draw: Draw) => T, count: number, seed: number): T[] {
  const arbitrary = fc.gen().map((g) => {
    const int = (max: number): number => (max <= 0 ? 0 : g(fc.nat, max))
    return make({
      int,
      pick: <V>(list: readonly V[]): V => list[int(list.length - 1)] as V,
      chance: (percent) => int(99) < percent,
    })
  })
  // The first values of a sample are small ones only.
  return fc.sample(fc.noBias(arbitrary), { numRuns: count, seed })
}
