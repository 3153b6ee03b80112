/** What CEL knows of the API facts' types: structs that are declared as they are asked for. Mirrors apiserver/pkg/cel/common/schemas.go over published OpenAPI. */
import { escapedName } from '../cel/json-values.ts'
import * as T from '../cel/types.ts'
import type { Structs } from './custom/declared-type.ts'
import type { SpecialType } from './facts.ts'
import type { Node, ScalarKind, StructNode } from './nodes.ts'

const SCALARS: Record<Exclude<ScalarKind, 'any'>, T.CelType> = {
  string: T.STRING,
  boolean: T.BOOL,
  int32: T.INT,
  int64: T.INT,
  float32: T.DOUBLE,
  float64: T.DOUBLE,
  bytes: T.BYTES,
}

const STRINGS = T.listType(T.STRING)

/** Null: an object of which nothing is known. Those that are left out have no type in OpenAPI (quantities among them), so no expression may name them. */
const SPECIALS: Partial<Record<SpecialType, T.CelType | null>> = {
  Time: T.TIMESTAMP,
  MicroTime: T.TIMESTAMP,
  Duration: T.STRING,
  IntOrString: T.DYN,
  RawExtension: null,
  FieldsV1: null,
  Verbs: STRINGS,
  ExtraValue: STRINGS,
}

/**
 * The type of what the node describes; undefined: expressions cannot speak of it. Structs are put into `structs` under `name` and longer names.
 * `above`: models that hold this one; in itself a model is an object of which nothing is known.
 */
export function modelType(
  node: Node,
  name: string,
  structs: Structs,
  above: readonly string[] = [],
): T.CelType | undefined {
  switch (node.kind) {
    case 'list': {
      const element = modelType(node.of, `${name}.@idx`, structs, above)
      return element && T.listType(element)
    }
    case 'map': {
      const element = modelType(node.of, `${name}.@elem`, structs, above)
      return element && T.mapType(T.STRING, element)
    }
    case 'special': {
      const type = SPECIALS[node.special]
      return type === null ? unknownObject(name, structs) : type
    }
    case 'struct':
      return above.includes(node.name) ? unknownObject(name, structs) : struct(node, name, structs, above)
    case 'any':
      return unknownObject(name, structs)
    default:
      return SCALARS[node.kind]
  }
}

function unknownObject(name: string, structs: Structs): T.CelType {
  structs.set(name, { name, field: () => undefined })
  return T.structType(name)
}

function struct(node: StructNode, name: string, structs: Structs, above: readonly string[]): T.CelType {
  const nodes = new Map(node.fields.map((field) => [escapedName(field.fact.n), field.node]))
  const within = [...above, node.name]
  structs.set(name, {
    name,
    field: (field) => {
      const below = nodes.get(field)
      return below && modelType(below, `${name}.${field}`, structs, within)
    },
  })
  return T.structType(name)
}
