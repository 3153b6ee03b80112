/** Sizes and costs as ranges, up to the largest number there is. Mirrors the estimates of cel-go checker/cost.go. */

/** Of characters, items or entries, or of cost. */
export interface Estimate {
  readonly min: number
  readonly max: number
}

/** Stands for more than can be counted. */
export const UNBOUNDED = 2 ** 64

const capped = (n: number): number => (n >= UNBOUNDED ? UNBOUNDED : n)
// Nothing times what cannot be counted is nothing.
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : capped(a * b))

export const UNKNOWN: Estimate = { min: 0, max: UNBOUNDED }
export const fixed = (n: number): Estimate => ({ min: n, max: n })
export const ZERO = fixed(0)
export const ONE = fixed(1)

export const sum = (...estimates: readonly Estimate[]): Estimate =>
  estimates.reduce((a, b) => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) }), ZERO)
export const product = (a: Estimate, b: Estimate): Estimate => ({ min: times(a.min, b.min), max: times(a.max, b.max) })
/** Each rounded up. */
export const scaled = ({ min, max }: Estimate, factor: number): Estimate => ({
  min: Math.ceil(times(min, factor)),
  max: Math.ceil(times(max, factor)),
})
export const union = (a: Estimate, b: Estimate): Estimate => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
})
