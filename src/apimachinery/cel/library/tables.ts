/** All functions that Kubernetes' environments have at 1.37. Mirrors apiserver/pkg/cel/environment/base.go. */
import { declare, type FunctionTable, type Overload } from '../functions.ts'
import { ADDRESS_FUNCTIONS, ADDRESS_MEMBERS } from './addresses.ts'
import { AUTHORIZER_MEMBERS } from './authorizer.ts'
import { CONVERSIONS } from './conversions.ts'
import { LIST_FUNCTIONS, LIST_MEMBERS, NEWEST_MEMBERS, UNGUARDED_LIST_MEMBERS } from './lists.ts'
import { FORMAT_FUNCTIONS, FORMAT_MEMBERS } from './named-formats.ts'
import { QUANTITY_FUNCTIONS, QUANTITY_MEMBERS } from './quantities.ts'
import { FUNCTIONS, MEMBERS, OPERATOR_MEMBERS, OPERATORS } from './standard.ts'
import { JSON_PATCH_FUNCTIONS, STRING_FUNCTIONS, STRING_MEMBERS } from './strings.ts'
import { URL_FUNCTIONS, URL_MEMBERS } from './urls.ts'

function table(newest: boolean, jsonPatch: boolean): FunctionTable {
  const functions = new Map<string, Overload[]>()
  declare(functions, OPERATORS, { unguarded: true })
  for (const declarations of [OPERATOR_MEMBERS, UNGUARDED_LIST_MEMBERS]) {
    declare(functions, declarations, { member: true, unguarded: true })
  }
  for (const declarations of [CONVERSIONS, FUNCTIONS, STRING_FUNCTIONS, LIST_FUNCTIONS, URL_FUNCTIONS]) {
    declare(functions, declarations)
  }
  for (const declarations of [QUANTITY_FUNCTIONS, ADDRESS_FUNCTIONS, FORMAT_FUNCTIONS]) declare(functions, declarations)
  for (const declarations of [MEMBERS, STRING_MEMBERS, LIST_MEMBERS, URL_MEMBERS, QUANTITY_MEMBERS]) {
    declare(functions, declarations, { member: true })
  }
  for (const declarations of [ADDRESS_MEMBERS, FORMAT_MEMBERS, AUTHORIZER_MEMBERS]) {
    declare(functions, declarations, { member: true })
  }
  if (newest) declare(functions, NEWEST_MEMBERS, { member: true })
  if (jsonPatch) declare(functions, JSON_PATCH_FUNCTIONS)
  return functions
}

const tables = new Map<string, FunctionTable>()

/**
 * What expressions may call. `stored`: they are stored already, so servers one minor older need not know them; `jsonPatch`: they make JSON patches.
 * Made when first asked for.
 */
export function functionTable(stored: boolean, jsonPatch: boolean): FunctionTable {
  const key = `${stored} ${jsonPatch}`
  const present = tables.get(key) ?? table(stored, jsonPatch)
  tables.set(key, present)
  return present
}
