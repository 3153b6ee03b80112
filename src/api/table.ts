/** Tables: what kubectl get prints. Columns are facts, cells are the kind's. Mirrors registry/rest/table.go and printers' TableGenerator. */

import { humanDuration } from '../apimachinery/duration.ts'
import { newBadRequest } from '../apimachinery/errors.ts'
import type { DynamicObject } from '../apimachinery/meta.ts'
import { objectBytes } from '../apimachinery/object-bytes.ts'
import type { ColumnFact } from '../apimachinery/schema/facts.ts'
import type { Cell, ResourceDefinition, RowCondition, RowContext } from '../registry/definition.ts'
import type { StoreList } from '../registry/list.ts'
import type { Store } from '../registry/store.ts'
import { type Item, wholeItem } from './list-bytes.ts'
import { listMeta } from './list-meta.ts'
import { partialItems, partialObject } from './metadata-only.ts'

export interface Table {
  kind: 'Table'
  apiVersion: string
  metadata: object
  columnDefinitions: object[] | null
  rows: (Row & { object: unknown })[]
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

/** What of the object a row has. */
type Include = 'None' | 'Metadata' | 'Object'

/** `includeObject` of the query. Throws 400 for one that is none. */
export function checkInclude(query: URLSearchParams): Include {
  const include = query.get('includeObject') || 'Metadata'
  if (include === 'None' || include === 'Metadata' || include === 'Object') return include
  throw newBadRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

interface Row {
  cells: Cell[]
  conditions?: RowCondition[]
}

/** A table whose rows are still to be made. */
export interface TableParts {
  /** Without its rows. */
  head: Omit<Table, 'rows'>
  /** In the order of their rows. */
  objects: readonly DynamicObject[]
  include: Include
  /** Of the metadata in the rows. */
  version: string
  /** Without the object, which comes last. */
  rowOf(object: DynamicObject): Row
}

export interface TableOptions {
  version?: string | undefined
  withColumns?: boolean
  /** The objects are a list, and not one alone. */
  isList?: boolean
}

/** Throws 400 for an `includeObject` that is none. */
export function tableParts(store: Store, list: StoreList, query: URLSearchParams, options: TableOptions): TableParts {
  const { version = 'v1', withColumns = true, isList = false } = options
  const { definition } = store
  // The one door that shows another kind is scale.
  const isOther = list.objects[0] !== undefined && list.objects[0].kind !== definition.kind
  const shown = isOther ? { ...definition, hooks: { row: scaleRow }, columns: SCALE_COLUMNS } : definition
  const context: RowContext = { now: store.environment.clock.now(), ...(isList ? { list: list.objects } : {}) }
  return {
    head: {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${version}`,
      metadata: listMeta(list),
      columnDefinitions: withColumns ? columnDefinitions(shown) : null,
    },
    objects: rowOrder(definition, list.objects),
    include: checkInclude(query),
    version,
    rowOf: (object) => ({ cells: cellsOf(shown, object, context), ...conditionsOf(shown, object) }),
  }
}

/** As a value. Throws as `tableParts`. */
export function tableOf(store: Store, list: StoreList, query: URLSearchParams, options: TableOptions): Table {
  return wholeTable(tableParts(store, list, query, options))
}

export function wholeTable({ head, objects, include, version, rowOf }: TableParts): Table {
  const shownIn = (object: DynamicObject): unknown =>
    include === 'Object' ? object : include === 'Metadata' ? partialObject(object, version) : null
  return { ...head, rows: objects.map((object) => ({ ...rowOf(object), object: shownIn(object) })) }
}

const NULL = Buffer.from('null')

/** The rows as items of a list. */
export function rowItems({ include, version, rowOf }: TableParts): (object: DynamicObject) => Item {
  const metadata = partialItems(version)
  const objectOf = (object: DynamicObject): Item =>
    include === 'Metadata' ? metadata(object) : wholeItem(include === 'Object' ? objectBytes(object) : NULL)
  return (object) => {
    const item = objectOf(object)
    item.before = `${JSON.stringify(rowOf(object)).slice(0, -1)},"object":${item.before}`
    item.after += '}'
    return item
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
