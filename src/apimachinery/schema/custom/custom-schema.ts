/** A CustomResourceDefinition's schema of one version as what a Schema is made of: node, decoder, defaults, diagnosis. */
import type { DynamicObject } from '../../meta.ts'
import type { Decoders } from '../decode.ts'
import type { Decode } from '../decode-scalars.ts'
import type { Defaulter } from '../defaults.ts'
import type { Diagnosis } from '../diagnose.ts'
import type { FieldFact, TypeFact } from '../facts.ts'
import type { JsonNode } from '../go-json.ts'
import type { Resolver, StructNode } from '../nodes.ts'
import { customDecoder, diagnoseCustom } from './decode.ts'
import { applyStructuralDefaults } from './defaults.ts'
import type { JsonSchema } from './json-schema.ts'
import { type StructuralNode, structuralRoot } from './structural.ts'

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

export interface CustomSchemaParts {
  node: StructNode
  decode: Decode
  defaults: Defaulter
  custom: { structural: StructuralNode; diagnose: (document: JsonNode) => Diagnosis }
}

export function customSchemaParts(
  { group, version, kind }: { group: string; version: string; kind: string },
  schema: JsonSchema,
  resolver: Resolver,
  decoders: Decoders,
): CustomSchemaParts {
  const root = structuralRoot(schema)
  const metadata = resolver.named(OBJECT_META) as StructNode
  return {
    node: rootNode(`${group}/${version}/${kind}`, metadata),
    decode: customDecoder(root, { node: metadata, decode: decoders.of(metadata) }),
    defaults: (object) => applyStructuralDefaults(object, root) as DynamicObject,
    custom: { structural: root, diagnose: (document) => diagnoseCustom(document, root, metadata) },
  }
}

/** What generic code sees of the type: the fields that every kind has. */
function rootNode(name: string, metadata: StructNode): StructNode {
  const fields: [FieldFact, StructNode['fields'][number]['node']][] = [
    [{ n: 'apiVersion', go: 'string', t: 'string' }, { kind: 'string' }],
    [{ n: 'kind', go: 'string', t: 'string' }, { kind: 'string' }],
    [{ n: 'metadata', go: metadata.type.go, t: { ref: OBJECT_META } }, metadata],
  ]
  const type: TypeFact = { go: 'unstructured.Unstructured', fields: fields.map(([fact]) => fact) }
  return {
    kind: 'struct',
    name,
    type,
    fields: fields.map(([fact, node]) => ({ fact, node })),
    byName: new Map(fields.map(([fact], i) => [fact.n, i])),
  }
}
