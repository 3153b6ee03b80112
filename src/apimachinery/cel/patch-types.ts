/** `Object{...}` and `JSONPatch{...}`, which mutating policies make. Mirrors apiserver/pkg/cel/mutation. */
import type { StructDeclaration } from './environment.ts'
import * as T from './types.ts'
import { CelList, CelMap, type Value, ValueMap } from './values.ts'

/** A struct that an expression made: its name, and the fields it was given. */
export class StructValue extends ValueMap {
  readonly name: string
  constructor(name: string, fields: ReadonlyMap<string, Value>) {
    super(fields)
    this.name = name
  }
}

const PATCH = 'JSONPatch'
const OBJECT = 'Object'
const PATCH_FIELDS: Record<string, T.CelType> = { op: T.STRING, path: T.STRING, from: T.STRING, value: T.DYN }

/** The struct of this name; undefined when mutations know none. */
export function patchStruct(name: string): StructDeclaration | undefined {
  const construct = (fields: ReadonlyMap<string, Value>): Value => new StructValue(name, fields)
  if (name === PATCH) return { name, field: (field) => PATCH_FIELDS[field], construct }
  if (name !== OBJECT && !name.startsWith(`${OBJECT}.`)) return undefined
  return { name, field: () => T.DYN, construct }
}

export const JSON_PATCHES = T.listType(T.structType(PATCH))
export const OBJECT_TYPE = T.structType(OBJECT)

/** Complaints about structs whose names are not the path of the field they stand in. */
export function misnamedStructs(value: Value, path = OBJECT): string[] {
  if (value instanceof CelList) return value.values().flatMap((item) => misnamedStructs(item, path))
  if (!(value instanceof CelMap)) return []
  const problems: string[] = []
  if (value instanceof StructValue && value.name !== path) {
    const wanted = `${JSON.stringify(path)}, which matches field name path from root Object type`
    problems.push(`unexpected type name ${JSON.stringify(value.name)}, expected ${wanted}`)
  }
  for (const key of value.keys()) {
    problems.push(...misnamedStructs(value.get(key)!, value instanceof StructValue ? `${path}.${String(key)}` : path))
  }
  return problems
}
