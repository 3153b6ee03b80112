// The rows of a run, as the Markdown table that docs/performance.md holds.

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

const whole = (number) => Math.round(number).toLocaleString('en')
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
