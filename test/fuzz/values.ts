/** Values of the facts' types: right ones, slightly wrong ones, hostile ones. */
import type { FieldFact, TypeFact, TypeRef } from '../../src/apimachinery/schema/facts.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import type { Draw } from './draw.ts'

const { types } = loadFacts()
export const typeNamed = (name: string): TypeFact => types[name] as TypeFact

const NAMES = ['a', 'b', 'web', 'x-1', 'a.b.example.com']
const HOSTILE_TEXTS = [
  ...['', ' ', '\n', 'A_b', 'x'.repeat(64), 'x'.repeat(300), 'é😀', '\u0000', '\ud800', 'a\u2028b'],
  ...['../..', 'a/b', 'a/b/c', '/', '%2e%2e', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'true'],
  ...['-1', '0x10', '1e9', '1e1000', '9223372036854775808', '1Gi', '-1Gi', '100m', '0.1', '1.5Ei', '12k', 'NaN'],
  ...['1.2.3.4', '1.2.3.999', '::1', '::ffff:1.2.3.4', '10.0.0.0/8', '10.0.0.1/33', 'fe80::1%eth0'],
  ...[
    '2020-01-01T00:00:00Z',
    '2020-13-45T99:99:99Z',
    '2020-01-01T00:00:00.123456Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:60Z',
  ],
  ...[
    '5m',
    '-5m',
    '1h1h',
    '*/5 * * * *',
    '99 99 * * *',
    'TZ=X * * * * *',
    '@every 1h',
    '(a+)+$',
    '[',
    '^(',
    '$(X)',
    '{{.}}',
  ],
  ...[
    'key=value',
    'key in (',
    '!',
    'a,b',
    '$patch',
    'eA==',
    'eA',
    '*',
    'system:masters',
    'kubernetes.io/x',
    'foo/v1',
    'v1',
  ],
]
/** Written into the JSON text as they are: what a JavaScript number cannot say. */
const RAW_NUMBERS = [
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775809',
  '1e400',
  '1E2',
  '-0',
  '1.0',
  '123456789012345678901234567890',
]
const NUMBERS = [
  0,
  1,
  -1,
  2,
  80,
  443,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53 - 1,
  0.5,
  -0.1,
  1e21,
  1e308,
]
const QUANTITIES = [
  '1',
  '100m',
  '1Gi',
  '0',
  '1.5',
  '12k',
  '-1',
  'x',
  '',
  '1e3',
  '0.0001',
  '1n',
  '9999999999999999999Ei',
]
const TIMES = ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09.123456Z', 'yesterday', '', '2024-05-06']
const KEYS = [
  'a',
  'b',
  'app',
  'example.com/x',
  'kubernetes.io/os',
  '__proto__',
  'constructor',
  'A b',
  '',
  'x'.repeat(70),
]

export const rawNumber = (text: string): string => `@@raw:${text}@@`

/** The JSON text, with raw numbers in place. */
export function textOf(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(/"@@raw:([^@"]*)@@"/g, '$1')
}

export function nameOf(draw: Draw): string {
  return draw.chance(85) ? draw.pick(NAMES) : draw.pick(HOSTILE_TEXTS)
}

export const textValue = (draw: Draw): string => (draw.chance(60) ? draw.pick(NAMES) : draw.pick(HOSTILE_TEXTS))

const numberValue = (draw: Draw): unknown => (draw.chance(85) ? draw.pick(NUMBERS) : rawNumber(draw.pick(RAW_NUMBERS)))

/** Anything JSON can say, of any type. */
export function anything(draw: Draw, depth = 3): unknown {
  switch (draw.int(depth > 0 ? 7 : 4)) {
    case 0:
      return null
    case 1:
      return draw.chance(50)
    case 2:
      return numberValue(draw)
    case 3:
    case 4:
      return draw.pick(HOSTILE_TEXTS)
    case 5:
      return Array.from({ length: draw.int(3) }, () => anything(draw, depth - 1))
    default:
      return objectOf(draw, draw.int(3), () => anything(draw, depth - 1))
  }
}

/** Own properties whatever the key: `__proto__` too. */
function objectOf(draw: Draw, size: number, value: () => unknown): Record<string, unknown> {
  const entries = Array.from({ length: size }, () => [draw.pick(KEYS), value()] as const)
  return Object.fromEntries(entries)
}

export function typedValue(draw: Draw, type: TypeRef, depth: number): unknown {
  if (draw.chance(2)) return anything(draw)
  if (typeof type === 'object') {
    if ('list' in type)
      return Array.from({ length: draw.int(depth > 0 ? 3 : 0) }, () => typedValue(draw, type.list, depth - 1))
    if ('map' in type) return objectOf(draw, draw.int(depth > 0 ? 3 : 0), () => typedValue(draw, type.map, depth - 1))
    return structOf(draw, type.ref, depth - 1)
  }
  switch (type) {
    case 'string':
      return textValue(draw)
    case 'boolean':
      return draw.chance(50)
    case 'bytes':
      return draw.pick(['eA==', '', 'not base64!', 'AAECAw=='])
    case 'any':
      return anything(draw)
    default:
      return numberValue(draw)
  }
}

function structOf(draw: Draw, name: string, depth: number): unknown {
  if (name === '') return anything(draw, depth)
  const type = typeNamed(name)
  if (type.special) return specialOf(draw, type.special)
  const fields = type.fields ?? []
  const chosen = fields.filter(({ req }) => draw.chance(req ? 90 : depth > 0 ? 200 / (fields.length + 4) + 5 : 0))
  return Object.fromEntries(chosen.map((field) => [field.n, fieldValue(draw, field, depth)]))
}

export function fieldValue(draw: Draw, { t, enum: words }: FieldFact, depth: number): unknown {
  return words && draw.chance(85) ? draw.pick(words) : typedValue(draw, t, depth)
}

function specialOf(draw: Draw, special: NonNullable<TypeFact['special']>): unknown {
  switch (special) {
    case 'Quantity':
      return draw.chance(80) ? draw.pick(QUANTITIES) : draw.pick(NUMBERS)
    case 'Time':
    case 'MicroTime':
      return draw.chance(90) ? draw.pick(TIMES) : null
    case 'Duration':
      return draw.pick(['5m', '1h30m', '-1s', 'x', ''])
    case 'IntOrString':
      return draw.pick([80, 'http', '25%', -1, '', '101%', 70000])
    case 'RawExtension':
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: textValue(draw) } }
    default:
      return anything(draw)
  }
}
