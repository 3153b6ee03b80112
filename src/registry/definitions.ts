/** What is served of the built-in resources: their facts and their rows as one. */
import { formatGroupResource } from '../apimachinery/meta.ts'
import type { Facts, ResourceFact } from '../apimachinery/schema/facts.ts'
import type { ResourceDefinition, ResourceRow } from './definition.ts'

/** The last that were made: the registries of a process mostly serve the same. */
let defined: { facts: Facts; rows: readonly ResourceRow[]; definitions: readonly ResourceDefinition[] } | undefined

/** In discovery order. */
export function definitionsOf(facts: Facts, table: readonly ResourceRow[]): readonly ResourceDefinition[] {
  if (defined?.facts === facts && defined.rows === table) return defined.definitions
  const rows = new Map(table.map((row) => [`${row.group}/${row.version}/${row.resource}`, row]))
  const definitions = facts.resources.flatMap((fact) => {
    const row = rows.get(`${fact.group}/${fact.version}/${fact.resource}`)
    return row ? [define(fact, row)] : []
  })
  defined = { facts, rows: table, definitions }
  return definitions
}

function define(fact: ResourceFact, row: ResourceRow): ResourceDefinition {
  return {
    ...fact,
    hooks: row.hooks,
    groupResource: formatGroupResource(fact.group, fact.resource),
    apiVersion: fact.group === '' ? fact.version : `${fact.group}/${fact.version}`,
    storagePrefix: `/registry/${fact.prefix ?? fact.resource}/`,
  }
}
