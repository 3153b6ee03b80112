/** What CEL knows of a kind as a whole, built in or custom. Mirrors apiserver/pkg/cel/openapi/resolver over published OpenAPI. */
import type { CelType } from '../../cel/types.ts'
import { modelType } from '../declared-models.ts'
import type { Schema } from '../schema.ts'
import { declaredType, type Structs } from './declared-type.ts'

/** The type of its objects; undefined: expressions cannot speak of them. Structs are put into `structs` under `name` and longer names. */
export function kindType({ node, structural }: Schema, name: string, structs: Structs): CelType | undefined {
  const type = modelType(node, name, structs)
  if (!structural || !type) return type
  // A custom kind's node has what every kind has; its metadata is whole, whatever the schema says of it.
  const common = structs.get(name)!
  const own = declaredType(structural.schema, false, name, structs)
  const fields = structs.get(name)!
  structs.set(name, { name, field: (field) => common.field(field) ?? fields.field(field) })
  return own?.type
}
