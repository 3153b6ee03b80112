/** What expressions that choose devices may speak of, and whether one is met. Mirrors dynamic-resource-allocation/cel/compile.go. */
import { parseQuantity } from '../quantity.ts'
import { compileExpression, type Program } from './compile.ts'
import { type Environment, makeEnvironment } from './environment.ts'
import { namedType } from './functions.ts'
import { Amount, parseVersion } from './library/quantities.ts'
import { BOOL, DYN, mapType, STRING, structType } from './types.ts'
import { CelError, CelMap, NO_SUCH_OVERLOAD, type Value, ValueMap } from './values.ts'

const DEVICE = 'kubernetes.DRADevice'

const FIELDS = new Map([
  ['driver', STRING],
  ['allowMultipleAllocations', BOOL],
  ['attributes', mapType(STRING, mapType(STRING, DYN))],
  ['capacity', mapType(STRING, mapType(STRING, namedType('quantity')))],
])

let environment: Environment | undefined

export function deviceEnvironment(): Environment {
  environment ??= makeEnvironment(
    { device: structType(DEVICE) },
    { struct: (name) => (name === DEVICE ? { name, field: (field) => FIELDS.get(field) } : undefined) },
  )
  return environment
}

/** A device as ResourceSlices describe it. */
export interface DescribedDevice {
  attributes?: Readonly<Record<string, { int?: number; bool?: boolean; string?: string; version?: string }>>
  capacity?: Readonly<Record<string, { value: string }>>
  allowMultipleAllocations?: boolean
}

/** Throws an Error when the expression cannot be compiled or fails. */
export function deviceMatches(expression: string, driver: string, device: DescribedDevice): boolean {
  const compiled = compileExpression(deviceEnvironment(), expression)
  if (!compiled.program) throw new Error(`CEL compile error: ${compiled.problem}`)
  return evaluate(compiled.program, driver, device)
}

function evaluate(program: Program, driver: string, device: DescribedDevice): boolean {
  const described = new ValueMap([
    ['driver', driver],
    ['allowMultipleAllocations', device.allowMultipleAllocations ?? false],
    ['attributes', byDomain(device.attributes ?? {}, driver, attributeValue)],
    ['capacity', byDomain(device.capacity ?? {}, driver, ({ value }) => new Amount(parseQuantity(value)))],
  ])
  const { value, error } = program.evaluate((name) => (name === 'device' ? described : undefined))
  if (error !== undefined) throw new Error(`CEL runtime error: ${error}`)
  if (typeof value !== 'boolean') throw new Error('CEL runtime error: the result is no bool')
  return value
}

function attributeValue(attribute: { int?: number; bool?: boolean; string?: string; version?: string }): Value {
  if (attribute.int !== undefined) return BigInt(attribute.int)
  if (attribute.bool !== undefined) return attribute.bool
  if (attribute.string !== undefined) return attribute.string
  return attribute.version === undefined ? new CelError('unsupported attribute value') : parseVersion(attribute.version)
}

/** Names without a domain are in that of the driver. */
function byDomain<T>(named: Readonly<Record<string, T>>, driver: string, toValue: (each: T) => Value): CelMap {
  const domains = new Map<string, [Value, Value][]>()
  for (const [name, each] of Object.entries(named)) {
    const slash = name.indexOf('/')
    const domain = slash < 0 ? driver : name.slice(0, slash)
    const entries = domains.get(domain) ?? []
    entries.push([name.slice(slash + 1), toValue(each)])
    domains.set(domain, entries)
  }
  return new DomainMap(new Map([...domains].map(([domain, entries]) => [domain, new ValueMap(entries)])))
}

const NOTHING = new ValueMap()

/** A domain that is not there is one without names. */
class DomainMap extends CelMap {
  readonly #domains: ReadonlyMap<string, ValueMap>
  constructor(domains: ReadonlyMap<string, ValueMap>) {
    super()
    this.#domains = domains
  }
  get size(): number {
    return this.#domains.size
  }
  get(key: Value): Value {
    return typeof key === 'string' ? (this.#domains.get(key) ?? NOTHING) : NO_SUCH_OVERLOAD
  }
  keys(): Value[] {
    return [...this.#domains.keys()]
  }
}
