import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { TypeRef } from '../../../src/apimachinery/schema/facts.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'

// The golden objects come from the API modules' own compatibility data: if the facts know every field of them, the facts are whole.
const facts = loadFacts()
const dir = new URL('../../golden/codec/', import.meta.url)
type Pair = { json: Record<string, unknown>; pb?: string }
const golden = readdirSync(dir).flatMap((file) =>
  Object.entries(
    JSON.parse(readFileSync(new URL(file, dir), 'utf8')) as Record<string, Record<'full' | 'empty' | 'zero', Pair>>,
  ).map(([kind, pairs]) => ({ file, kind, ...pairs })),
)
const byKind = new Map<string, string>()
for (const [name, type] of Object.entries(facts.types)) {
  for (const [group, version, kind] of type.gvk ?? []) byKind.set(`${group ? `${group}/` : ''}${version}/${kind}`, name)
}

/** Paths that the facts do not know (`+`), and with `whole` the fields that the object lacks (`-`). */
function differences(ref: TypeRef, value: unknown, path: string, whole: boolean, above: string[] = []): string[] {
  if (value === null || typeof value !== 'object' || typeof ref === 'string') return []
  if ('list' in ref) {
    if (!Array.isArray(value)) return [`! ${path} is no list`]
    return value.flatMap((v) => differences(ref.list, v, `${path}[]`, whole, above))
  }
  if ('map' in ref) return Object.values(value).flatMap((v) => differences(ref.map, v, `${path}{}`, whole, above))
  const type = facts.types[ref.ref]!
  if (type.special || above.includes(ref.ref)) return []
  const fields = new Map((type.fields ?? []).map((f) => [f.n, f]))
  return [
    ...Object.entries(value).flatMap(([k, v]) => {
      const f = fields.get(k)
      return f ? differences(f.t, v, `${path}.${k}`, whole, [...above, ref.ref]) : [`+ ${path}.${k}`]
    }),
    ...(whole ? [...fields.keys()].filter((k) => !(k in value)).map((k) => `- ${path}.${k}`) : []),
  ]
}

describe('golden objects', () => {
  test('one for every kind that is served', () => {
    const full = new Set(golden.filter((g) => g.full).map((g) => `${g.full.json['apiVersion']}/${g.kind}`))
    const missing = facts.resources
      .map((r) => `${r.group ? `${r.group}/` : ''}${r.version}/${r.kind}`)
      .filter((kind) => !full.has(kind))
    expect(missing).toEqual(['apiregistration.k8s.io/v1/APIService'])
    expect(golden.filter((g) => !g.empty.pb).map((g) => g.kind)).toEqual(['Table'])
  })

  test('all their fields are facts, and all facts are in the full ones', () => {
    const found = golden.flatMap((g) =>
      (['full', 'empty', 'zero'] as const).flatMap((what) => {
        const json = g[what]?.json
        if (!json || g.kind === 'WatchEvent') return []
        const type = byKind.get(`${json['apiVersion']}/${json['kind']}`)
        return type ? differences({ ref: type }, json, `${what} ${g.kind}`, what === 'full') : [`no type of ${g.kind}`]
      }),
    )
    // Nested objects carry no kind there, and a schema inside a schema is left out.
    expect(found).toEqual([
      '- full CustomResourceDefinition.spec.versions[].schema.openAPIV3Schema.not',
      '- full StatefulSet.spec.volumeClaimTemplates[].kind',
      '- full StatefulSet.spec.volumeClaimTemplates[].apiVersion',
      '- full Eviction.deleteOptions.kind',
      '- full Eviction.deleteOptions.apiVersion',
    ])
  })
})
