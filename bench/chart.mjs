// A line chart as SVG text: axes with units, ticks, a legend. Numbers of one kind only; nothing is drawn that is not given.

const WIDTH = 720
const HEIGHT = 400
const LEFT = 80
const RIGHT = 24
const TOP = 56
const BOTTOM = 84
const COLOURS = ['#2563eb', '#dc2626', '#059669', '#d97706', '#7c3aed']

/**
 * `x`, `y`: { label, log }; `series`: [{ name, points: [[x, y]] }]. Linear axes begin at 0; logarithmic ones span the powers of ten that hold the values.
 */
export function lineChart({ title, x, y, series }) {
  const points = series.flatMap((one) => one.points)
  const across = scale(
    points.map(([value]) => value),
    x.log,
    LEFT,
    WIDTH - RIGHT,
  )
  const up = scale(
    points.map(([, value]) => value),
    y.log,
    HEIGHT - BOTTOM,
    TOP,
  )
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 28, title, 'font-size="16" font-weight="600"'),
    ...across.ticks.map((value) => verticalTick(across.at(value), short(value))),
    ...up.ticks.map((value) => horizontalTick(up.at(value), short(value))),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 40, x.label, 'text-anchor="middle"'),
    text(0, 0, y.label, `text-anchor="middle" transform="translate(20 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"`),
    ...series.flatMap((one, i) => line(one, COLOURS[i % COLOURS.length], across, up)),
    ...legend(series),
  ]
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2937">`
  return `${head}\n${parts.join('\n')}\n</svg>\n`
}

/** Where values are on the axis, and the values that are named there. */
function scale(values, isLog, from, to) {
  const most = Math.max(...values)
  if (isLog) {
    const low = Math.floor(Math.log10(Math.min(...values)))
    const high = Math.max(low + 1, Math.ceil(Math.log10(most)))
    const at = (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from)
    return { at, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) }
  }
  const step = niceStep(most / 5)
  const top = Math.max(step, Math.ceil(most / step) * step)
  const at = (value) => from + (value / top) * (to - from)
  return { at, ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step) }
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least || 1))
  return [1, 2, 5, 10].find((factor) => factor * power >= least) * power
}

function line({ name, points }, colour, across, up) {
  const places = points.map(([x, y]) => `${across.at(x).toFixed(1)},${up.at(y).toFixed(1)}`)
  const dots =
    points.length > 20
      ? []
      : places.map((place) => {
          const [cx, cy] = place.split(',')
          return `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`
        })
  return [
    `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"><title>${escaped(name)}</title></polyline>`,
    ...dots,
  ]
}

function legend(series) {
  let at = LEFT
  return series.flatMap(({ name }, i) => {
    const x = at
    at += 40 + name.length * 6.6
    return [
      `<rect x="${x.toFixed(0)}" y="${HEIGHT - 26}" width="18" height="4" fill="${COLOURS[i % COLOURS.length]}"/>`,
      text(x + 24, HEIGHT - 20, name),
    ]
  })
}

function verticalTick(x, label) {
  const place = x.toFixed(1)
  return `<line x1="${place}" y1="${TOP}" x2="${place}" y2="${HEIGHT - BOTTOM}" stroke="#e5e7eb"/>${text(x, HEIGHT - BOTTOM + 18, label, 'text-anchor="middle"')}`
}

function horizontalTick(y, label) {
  const place = y.toFixed(1)
  return `<line x1="${LEFT}" y1="${place}" x2="${WIDTH - RIGHT}" y2="${place}" stroke="#e5e7eb"/>${text(LEFT - 8, y + 4, label, 'text-anchor="end"')}`
}

function text(x, y, content, more = '') {
  return `<text x="${Number(x.toFixed(1))}" y="${Number(y.toFixed(1))}"${more ? ` ${more}` : ''}>${escaped(content)}</text>`
}

const short = (value) => Number(value.toPrecision(6)).toLocaleString('en', { maximumFractionDigits: 3 })
const escaped = (content) => String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
