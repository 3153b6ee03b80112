/** Tables: what kubectl get prints. Columns are facts, cells are the kind's. Mirrors registry/rest/table.go and printers' TableGenerator. */

import { humanDuration } from '../apimachinery/duration.ts'
import { newBadRequest } from '../apimachinery/errors.ts'
import type { DynamicObject } from '../apimachinery/meta.ts'
import type { ColumnFact } from '../apimachinery/schema/facts.ts'
import type { Cell, ResourceDefinition, RowCondition, RowContext } from '../registry/definition.ts'
import type { StoreList } from '../registry/list.ts'
import type { Store } from '../registry/store.ts'
import { listMeta } from './list-meta.ts'
import { partialObject } from './metadata-only.ts'

export interface Table {
  kind: 'Table'
  apiVersion: string
  metadata: object
  columnDefinitions: object[] | null
  rows: { cells: Cell[]; conditions?: RowCondition[]; object: unknown }[]
}

const DEFAULT_COLUMNS: ColumnFact[] = [
  { name: 'Name', type: 'string', format: 'name' },
  { name: 'Created At', type: 'date' },
]

const SCALE_COLUMNS: ColumnFact[] = [
  { name: 'Name', type: 'string' },
  { name: 'Desired', type: 'integer' },
  { name: 'Available', type: 'integer' },
  { name: 'Age', type: 'string' },
]

function scaleRow(scale: DynamicObject, { now }: RowContext): Cell[] {
  return [scale.metadata.name ?? '', scale['spec']?.replicas ?? 0, scale['status']?.replicas ?? 0, ageOf(scale, now)]
}

/** Throws 400 for an `includeObject` that is none. */
export function checkInclude(query: URLSearchParams): string {
  const include = query.get('includeObject') || 'Metadata'
  if (include === 'None' || include === 'Metadata' || include === 'Object') return include
  throw newBadRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

/** `includeObject` of the query: None, Metadata (default) or Object. Throws 400 for another value. */
export function tableOf(
  store: Store,
  list: StoreList,
  query: URLSearchParams,
  version = 'v1',
  withColumns = true,
  isList = false,
): Table {
  const { definition } = store
  // The one door that shows another kind is scale.
  const isOther = list.objects[0] !== undefined && list.objects[0].kind !== definition.kind
  const shown = isOther ? { ...definition, hooks: { row: scaleRow }, columns: SCALE_COLUMNS } : definition
  const include = checkInclude(query)
  const context: RowContext = { now: store.environment.clock.now(), ...(isList ? { list: list.objects } : {}) }
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta(list),
    columnDefinitions: withColumns ? columnDefinitions(shown) : null,
    rows: rowOrder(definition, list.objects).map((object) => ({
      cells: cellsOf(shown, object, context),
      ...conditionsOf(shown, object),
      object: include === 'Object' ? object : include === 'Metadata' ? partialObject(object, version) : null,
    })),
  }
}

function conditionsOf({ hooks }: ResourceDefinition, object: DynamicObject): { conditions?: RowCondition[] } {
  const conditions = hooks.rowConditions?.(object) ?? []
  return conditions.length > 0 ? { conditions } : {}
}

function rowOrder({ hooks }: ResourceDefinition, objects: readonly DynamicObject[]): readonly DynamicObject[] {
  return hooks.compareRows ? [...objects].sort(hooks.compareRows) : objects
}

// DEVIATION(table-column-descriptions): upstream's column descriptions are prose of its API docs; ours are empty.
function columnDefinitions(definition: ResourceDefinition): object[] {
  return columnsOf(definition).map(({ name, type, format, priority, description }) => ({
    name,
    type,
    format: format ?? '',
    description: description ?? '',
    priority: priority ?? 0,
  }))
}

function columnsOf(definition: ResourceDefinition): ColumnFact[] {
  return definition.columns ?? DEFAULT_COLUMNS
}

function cellsOf(definition: ResourceDefinition, object: DynamicObject, context: RowContext): Cell[] {
  if (definition.hooks.row) return definition.hooks.row(object, context)
  return columnsOf(definition).map(({ name }) => {
    if (name === 'Name') return object.metadata.name ?? ''
    if (name === 'Created At') return object.metadata.creationTimestamp ?? '<unknown>'
    if (name === 'Age') return ageOf(object, context.now)
    return '<none>'
  })
}

function ageOf(object: DynamicObject, now: number): string {
  const created = object.metadata.creationTimestamp
  return created ? humanDuration(now - Date.parse(created)) : '<unknown>'
}
