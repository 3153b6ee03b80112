/** Printer columns of custom resources. Mirrors apiextensions-apiserver/pkg/registry/customresource/tableconvertor. */
import { humanDuration } from '../../apimachinery/duration.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { ColumnFact } from '../../apimachinery/schema/facts.ts'
import type { Cell, RowContext } from '../definition.ts'
import type { Column, Version } from './crd.ts'
import { compileJsonPath, valueText } from './json-path.ts'

const AGE: Column = { name: 'Age', type: 'date', description: '', jsonPath: '.metadata.creationTimestamp' }

const columnsOf = ({ additionalPrinterColumns }: Version): readonly Column[] =>
  additionalPrinterColumns?.length ? additionalPrinterColumns : [AGE]

export function columnFacts(version: Version): ColumnFact[] {
  const own = columnsOf(version).map(({ name, type, format, description, priority, jsonPath }) => ({
    name,
    type,
    ...(format ? { format } : {}),
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority ? { priority } : {}),
  }))
  return [{ name: 'Name', type: 'string', format: 'name' }, ...own]
}

type Read = (object: DynamicObject, context: RowContext) => Cell

export function customRow(version: Version): (object: DynamicObject, context: RowContext) => Cell[] {
  const readers = columnsOf(version).map(cellReader)
  return (object, context) => [object.metadata.name ?? '', ...readers.map((read) => read(object, context))]
}

function cellReader({ type, jsonPath }: Column): Read {
  let find: (value: unknown) => unknown[]
  try {
    find = compileJsonPath(jsonPath)
  } catch {
    // As upstream: a path that cannot be read leaves its column empty.
    return () => null
  }
  return (object, context) => cell(type, find(object)[0], context)
}

function cell(type: string, value: unknown, context: RowContext): Cell {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'string':
      return valueText(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? ageText(value, context) : null
    default:
      return null
  }
}

function ageText(text: string, { now }: RowContext): string {
  const time = Date.parse(text)
  if (text === '') return '<unknown>'
  return Number.isNaN(time) ? '<invalid>' : humanDuration(now - time)
}
