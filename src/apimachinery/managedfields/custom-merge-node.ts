/**
 * The merge rules of a custom resource, from its structural schema. Mirrors kube-openapi/pkg/schemaconv/openapi.go over what
 * apiextensions-apiserver/pkg/controller/openapi/builder publishes.
 */
import type { JsonSchema } from '../schema/custom/json-schema.ts'
import type { StructuralNode } from '../schema/custom/structural.ts'
import type { StructNode } from '../schema/nodes.ts'
import {
  ANY,
  BOOLEAN,
  type MergeList,
  type MergeNode,
  type MergeStruct,
  mergeNodeOf,
  NUMERIC,
  structFrom,
  TEXT,
  UNTYPED,
} from './merge-node.ts'

/** `metadata`: the type of ObjectMeta. */
export function customMergeNodeOf(root: StructuralNode, metadata: StructNode): MergeStruct {
  return structOf(root, metadata, root.preserves)
}

/** `preserves`: this schema or one above it keeps fields that it does not know. */
function nodeOf(node: StructuralNode, metadata: StructNode, above: boolean): MergeNode {
  const preserves = above || node.preserves
  switch (node.schema.type) {
    case 'object':
      return objectOf(node, metadata, preserves)
    case 'array':
      return listOf(node, metadata, preserves)
    case 'integer':
    case 'number':
      return NUMERIC
    case 'boolean':
      return BOOLEAN
    case 'string':
      return !node.schema.format || node.schema.format === 'byte' ? TEXT : UNTYPED
    default:
      return ANY
  }
}

function objectOf(node: StructuralNode, metadata: StructNode, preserves: boolean): MergeNode {
  if (node.properties.size > 0 || node.embedded) return structOf(node, metadata, preserves)
  const of = node.additional ? nodeOf(node.additional, metadata, preserves) : ANY
  return { kind: 'map', atomic: isAtomic(node.schema), of }
}

function structOf(node: StructuralNode, metadata: StructNode, preserves: boolean): MergeStruct {
  const fields = new Map<string, MergeNode>()
  for (const [name, below] of node.properties) fields.set(name, nodeOf(below, metadata, preserves))
  if (node.embedded) {
    fields.set('apiVersion', TEXT).set('kind', TEXT).set('metadata', mergeNodeOf(metadata))
  }
  const rest = node.additional ? nodeOf(node.additional, metadata, preserves) : undefined
  return structFrom(isAtomic(node.schema), fields, rest ?? (node.additional === null || preserves ? ANY : undefined))
}

const isAtomic = (schema: JsonSchema): boolean => schema['x-kubernetes-map-type'] === 'atomic'

function listOf({ schema, items }: StructuralNode, metadata: StructNode, preserves: boolean): MergeList {
  const relation = schema['x-kubernetes-list-type']
  const of = items ? nodeOf(items, metadata, preserves) : UNTYPED
  if (relation !== 'map') return { kind: 'list', relation: relation === 'set' ? 'set' : 'atomic', keys: [], of }
  const names = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()
  const keys = names.map((name) => ({ name, default: items?.properties.get(name)?.schema.default }))
  return { kind: 'list', relation, keys, of }
}
