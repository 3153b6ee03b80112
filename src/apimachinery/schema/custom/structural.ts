/** The structural part of a custom resource's schema as nodes that walkers follow. Mirrors apiextensions-apiserver/pkg/apiserver/schema/structural.go. */
import { additionalOf, itemsOf, type JsonSchema } from './json-schema.ts'

export interface StructuralNode {
  schema: JsonSchema
  properties: Map<string, StructuralNode>
  /** null: any value, with nothing known of it (`additionalProperties: true`); undefined: no names beyond the properties. */
  additional: StructuralNode | null | undefined
  items: StructuralNode | undefined
  preserves: boolean
  embedded: boolean
  nullable: boolean
  hasDefault: boolean
}

export function structuralNode(schema: JsonSchema): StructuralNode {
  const additional = additionalOf(schema)
  const items = itemsOf(schema)
  return {
    schema,
    properties: new Map(Object.entries(schema.properties ?? {}).map(([name, below]) => [name, structuralNode(below)])),
    additional: additional
      ? structuralNode(additional)
      : schema.additionalProperties === undefined || schema.additionalProperties === null
        ? undefined
        : null,
    items: items && structuralNode(items),
    preserves: schema['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: schema['x-kubernetes-embedded-resource'] === true,
    nullable: schema.nullable === true,
    hasDefault: schema.default !== undefined && schema.default !== null,
  }
}

/** A resource's root holds kind, apiVersion and metadata, whatever its schema says. */
export function structuralRoot(schema: JsonSchema): StructuralNode {
  return { ...structuralNode(schema), embedded: true }
}

export const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])
