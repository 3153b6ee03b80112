/** Values against the validation rules of their schema. Mirrors apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go. */
import { type Program, RUNTIME_BUDGET, type Variables } from '../../cel/compile.ts'
import { Optional, type Value } from '../../cel/values.ts'
import { deepEqual } from '../../equality.ts'
import {
  child,
  duplicate,
  type FieldError,
  fieldErrorMessage,
  forbidden,
  index,
  invalid,
  key,
  OMITTED,
  required,
} from '../../field-error.ts'
import { quote } from '../../go-text.ts'
import { isPlainObject } from '../go-json.ts'
import { correlatedItem, correlatedMember, listMapKey, NONE } from './correlation.ts'
import { additionalOf, itemsOf, type JsonSchema, type ValidationRule } from './json-schema.ts'
import { type CompiledRule, type CompiledRules, compileRules } from './rules.ts'

/** Rules of a schema and of those below it; made once a schema. */
export interface RuleTree {
  readonly schema: JsonSchema
  readonly rules: CompiledRules | undefined
  readonly items: RuleTree | undefined
  readonly additional: RuleTree | undefined
  readonly properties: ReadonlyMap<string, RuleTree>
}

/** undefined: there are no rules in it. */
export function ruleTree(schema: JsonSchema, isResource: boolean): RuleTree | undefined {
  const below = (one: JsonSchema | undefined): RuleTree | undefined =>
    one && ruleTree(one, one['x-kubernetes-embedded-resource'] === true)
  const items = below(itemsOf(schema))
  const additional = below(additionalOf(schema))
  const properties = new Map<string, RuleTree>()
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const tree = below(property)
    if (tree) properties.set(name, tree)
  }
  const rules = schema['x-kubernetes-validations']?.length ? compileRules(schema, isResource, () => true) : undefined
  return rules || items || additional || properties.size > 0
    ? { schema, rules, items, additional, properties }
    : undefined
}

/** What a value was before, for ratcheting: it counts as unchanged with the nearest value that can be told apart. */
interface Ratchet {
  readonly current?: { value: unknown; old: unknown } | undefined
  readonly parent?: { value: unknown; old: unknown } | undefined
}

/** Thrown to end everything: the errors are complete. */
class OutOfBudget extends Error {}

/** `warn` is told what an update may keep though it breaks a rule. Without `old` the value is new. */
export function validateRules(
  tree: RuleTree,
  value: unknown,
  old: unknown,
  warn: (message: string) => void,
): FieldError[] {
  const validation = new RuleValidation(warn)
  try {
    validation.validate(tree, value, old, '', old === undefined ? {} : { current: { value, old } })
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
  }
  return validation.errors
}

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run'
const MAX_MESSAGE_BYTES = 5 * 1024

class RuleValidation {
  readonly errors: FieldError[] = []
  private budget = RUNTIME_BUDGET
  private readonly warn: (message: string) => void

  constructor(warn: (message: string) => void) {
    this.warn = warn
  }

  validate(tree: RuleTree, value: unknown, old: unknown, path: string, ratchet: Ratchet): void {
    if (value === null || value === undefined) return
    if (tree.rules) this.evaluateAll(tree.schema, tree.rules, value, old ?? undefined, path, ratchet)
    if (Array.isArray(value)) this.validateItems(tree, value, old, path, ratchet)
    else if (isPlainObject(value)) this.validateMembers(tree, value, old, path, ratchet)
  }

  private validateItems(tree: RuleTree, value: unknown[], old: unknown, path: string, ratchet: Ratchet): void {
    const { items, schema } = tree
    if (!items) return
    const before = oldItems(schema, old)
    value.forEach((item, i) => {
      this.validate(items, item, before(item), index(path, i), itemRatchet(schema, ratchet, i))
    })
  }

  private validateMembers(
    { schema, additional, properties }: RuleTree,
    value: Record<string, unknown>,
    old: unknown,
    path: string,
    ratchet: Ratchet,
  ): void {
    const before = isPlainObject(old) ? old : {}
    for (const [name, member] of Object.entries(value)) {
      const oldMember = Object.hasOwn(before, name) ? before[name] : undefined
      const below = memberRatchet(schema, ratchet, name)
      if (additional) this.validate(additional, member, oldMember, key(path, name), below)
      const property = properties.get(name)
      if (property) this.validate(property, member, oldMember, child(path, name), below)
    }
  }

  private evaluateAll(
    schema: JsonSchema,
    { declared, rules }: CompiledRules,
    value: unknown,
    old: unknown,
    path: string,
    ratchet: Ratchet,
  ): void {
    if (this.budget <= 0) this.stop(invalid(path, schema.type ?? '', OUT_OF_BUDGET))
    const self = declared.convert(value)
    const oldSelf = old === undefined ? undefined : declared.convert(old)
    for (const compiled of rules) {
      const { rule, usesOldSelf, problem } = compiled
      if (problem !== undefined) {
        this.errors.push(invalid(path, schema.type ?? '', `rule compile error: ${problem}`))
      }
      if (!compiled.program || (usesOldSelf && old === undefined && !rule.optionalOldSelf)) continue
      const variables = variablesOf(self, oldSelf, rule)
      if (this.holds(compiled, compiled.program, variables, schema, path)) continue
      this.addBroken(
        compiled,
        variablesOf(self, oldSelf, { ...rule, optionalOldSelf: false }),
        schema,
        value,
        path,
        ratchet,
      )
    }
  }

  private stop(error: FieldError): never {
    this.errors.push(error)
    throw new OutOfBudget()
  }

  /** Whether the rule holds, or failed in a way that was told. */
  private holds(
    { rule }: CompiledRule,
    program: Program,
    variables: Variables,
    schema: JsonSchema,
    path: string,
  ): boolean {
    const { value, error, cost } = program.evaluate(variables)
    const type = schema.type ?? ''
    if (cost > this.budget) this.stop(invalid(path, type, OUT_OF_BUDGET))
    this.budget -= cost
    if (error === undefined) return value === true
    const shown = rule.message ? rule.message.trim() : rule.rule.trim()
    if (error.startsWith('no such overload')) {
      const why = 'call arguments did not match a supported operator, function or macro signature for rule'
      this.errors.push(invalid(path, type, `'${error}': ${why}: ${shown}`))
    } else if (error.startsWith('operation cancelled: actual cost limit exceeded')) {
      const why = 'no further validation rules will be run due to call cost exceeds limit for rule'
      this.stop(invalid(path, type, `'${error}': ${why}: ${shown}`))
    } else this.errors.push(invalid(path, type, `${error} evaluating rule: ${shown}`))
    return true
  }

  private addBroken(
    compiled: CompiledRule,
    variables: Variables,
    schema: JsonSchema,
    value: unknown,
    path: string,
    ratchet: Ratchet,
  ): void {
    const { rule, usesOldSelf, fieldPath } = compiled
    const at = fieldPath === '' ? path : child(path, fieldPath)
    const add = (error: FieldError): void => {
      if (!usesOldSelf && isUnchanged(ratchet)) this.warn(fieldErrorMessage(error))
      else this.errors.push(error)
    }
    const written = compiled.message?.program && this.message(compiled.message.program, variables)
    if (written && 'fatal' in written) {
      add(invalid(at, schema.type ?? '', written.fatal))
      throw new OutOfBudget()
    }
    const plain = rule.message ? rule.message.trim() : `failed rule: ${rule.rule.trim()}`
    const shown = schema.type === 'object' || schema.type === 'array' ? OMITTED : value
    add(errorFor(rule, at, shown, written?.text ?? plain))
  }

  /** What a message expression says; undefined when it says nothing usable. */
  private message(program: Program, variables: Variables): { text: string } | { fatal: string } | undefined {
    const { value, error, cost } = program.evaluate(variables)
    if (cost > this.budget) {
      const why = 'messageExpression evaluation failed due to running out of cost budget'
      return { fatal: `${why}, no further validation rules will be run` }
    }
    if (error?.startsWith('operation cancelled: actual cost limit exceeded')) {
      const why = 'no further validation rules will be run due to call cost exceeds limit for messageExpression'
      return { fatal: `${why}: ${quote(program.source)}` }
    }
    this.budget -= cost
    const text = typeof value === 'string' ? value.trim() : ''
    const isUsable = text !== '' && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES && !text.includes('\n')
    return isUsable ? { text } : undefined
  }
}

function variablesOf(self: Value, oldSelf: Value | undefined, { optionalOldSelf }: ValidationRule): Variables {
  const before = optionalOldSelf ? (oldSelf === undefined ? Optional.NONE : new Optional(oldSelf)) : oldSelf
  return (name) => (name === 'self' ? self : name === 'oldSelf' ? before : undefined)
}

function errorFor({ reason }: ValidationRule, path: string, value: unknown, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, detail)
    case 'FieldValueRequired':
      return required(path, detail)
    case 'FieldValueDuplicate':
      return duplicate(path, value)
    default:
      return invalid(path, value, detail)
  }
}

function isUnchanged({ current, parent }: Ratchet): boolean {
  const nearest = current ?? parent
  return nearest !== undefined && deepEqual(nearest.value, nearest.old)
}

function below(ratchet: Ratchet, value: unknown, old: unknown): Ratchet {
  return { current: old === NONE ? undefined : { value, old }, parent: ratchet.current }
}

function memberRatchet(schema: JsonSchema, ratchet: Ratchet, name: string): Ratchet {
  const { current, parent } = ratchet
  if (!current) return ratchet
  if (!parent && (name === 'apiVersion' || name === 'kind')) return {}
  const value = isPlainObject(current.value) ? current.value[name] : undefined
  return below(ratchet, value, correlatedMember(schema, current.old, name))
}

function itemRatchet(schema: JsonSchema, ratchet: Ratchet, i: number): Ratchet {
  const { current } = ratchet
  if (!current || !Array.isArray(current.value)) return ratchet
  return below(ratchet, current.value[i], correlatedItem(schema, current.value, current.old, i))
}

/** Finds the old item that a new one follows: in lists that are maps, by their keys. */
function oldItems(schema: JsonSchema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (schema['x-kubernetes-list-type'] !== 'map' || keys.length === 0 || !Array.isArray(old)) return () => undefined
  const found = new Map<string, unknown>()
  for (const item of old) {
    const itemKey = listMapKey(item, keys)
    if (!found.has(itemKey)) found.set(itemKey, item)
  }
  return (item) => found.get(listMapKey(item, keys))
}
