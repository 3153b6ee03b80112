// The rows of a run, as the Markdown table that docs/performance.md holds.

export const median = (numbers) => quantile(numbers, 0.5)

/** The value that this part of the numbers does not exceed; undefined for none. */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
}

export const whole = (number) => Math.round(number).toLocaleString('en')
const times = (ratio) => `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`
const shown = (number, unit) => {
  if (number === undefined) return ''
  const text = unit === ' ms' && number < 100 ? number.toFixed(1) : unit === ' %' ? number.toFixed(2) : whole(number)
  return text + unit
}

/**
 * `own` and `other` (undefined without a peer) in `unit`: `/s` is better when more, all else when less; the ratio says how many times better,
 * or with `as: 'part'` which part of the other it takes. `rss`: megabytes of [own, other] when the workload was over.
 */
export function formatRow({ what, own, other, unit, goal = '', as = 'times', rss = [] }) {
  const better = unit === '/s' ? own / other : other / own
  const ratio = other === undefined ? '' : times(as === 'part' ? 1 / better : better)
  const memory = rss
    .filter((each) => each !== undefined)
    .map(whole)
    .join(', ')
  return `| ${[what, shown(own, unit), shown(other, unit), ratio, goal, memory].join(' | ')} |`
}

export const TABLE_HEAD = `| what | KubEmu | compared with | ratio | goal | MB after |
|---|---:|---:|---:|---|---:|`
