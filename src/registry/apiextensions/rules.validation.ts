/** Validation rules when a definition is written: do they compile, and what may they cost. Mirrors apiextensions-apiserver/pkg/apis/apiextensions/validation/{validation,cel_validation}.go. */
import {
  child,
  type FieldError,
  forbidden,
  index,
  internalError,
  invalid,
  key,
} from '../../apimachinery/field-error.ts'
import {
  additionalOf,
  itemsOf,
  type JsonSchema,
  type ValidationRule,
} from '../../apimachinery/schema/custom/json-schema.ts'
import { type CompiledRule, type CompiledRules, compileRules } from '../../apimachinery/schema/custom/rules.ts'

/** What an update knows of the definition before. */
export interface RuleHistory {
  /** Whether the definition holds this expression already: then it may use what older servers do not know. */
  isStored(expression: string): boolean
  /** The schema is the one that was accepted before: rules that cost too much are not told again. */
  unchanged: boolean
}

export const NO_HISTORY: RuleHistory = { isStored: () => false, unchanged: false }

const RULES = 'x-kubernetes-validations'
const EXPRESSION_LIMIT = 10_000_000
const SCHEMA_LIMIT = 100_000_000

/** Errors of rules in a structural schema. `others` are the errors of the schema apart from its rules: where there are some, rules are not looked at. */
export function rulesErrors(
  schema: JsonSchema,
  path: string,
  others: readonly FieldError[],
  history: RuleHistory,
): FieldError[] {
  const walk = new RuleWalk(others, history)
  walk.visit(schema, { path, isResource: true, cardinality: 1, noOldSelf: undefined })
  return [...walk.errors, ...walk.totalErrors(path)]
}

interface Place {
  path: string
  isResource: boolean
  /** How often what the schema describes can occur; undefined: nothing limits it. */
  cardinality: number | undefined
  /** Where the part begins whose old values cannot be told apart. */
  noOldSelf: string | undefined
}

class RuleWalk {
  readonly errors: FieldError[] = []
  private total = 0
  private expensive: { path: string; cost: number }[] = []
  private readonly others: readonly FieldError[]
  private readonly history: RuleHistory

  constructor(others: readonly FieldError[], history: RuleHistory) {
    this.others = others
    this.history = history
  }

  /** Rules below come before those of the schema itself. */
  visit(schema: JsonSchema, place: Place): void {
    const { path, cardinality } = place
    const most = maxElements(schema)
    const below = (one: JsonSchema, at: string, noOldSelf = place.noOldSelf): void => {
      const isResource = one['x-kubernetes-embedded-resource'] === true
      const occurs = cardinality === undefined || most === undefined ? undefined : cardinality * most
      this.visit(one, { path: at, isResource, cardinality: occurs, noOldSelf })
    }
    const additional = additionalOf(schema)
    if (additional) below(additional, child(path, 'additionalProperties'))
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      below(property, key(child(path, 'properties'), name))
    }
    const items = itemsOf(schema)
    const isMap = schema['x-kubernetes-list-type'] === 'map'
    if (items) below(items, child(path, 'items'), isMap ? place.noOldSelf : (place.noOldSelf ?? path))
    if (schema[RULES]?.length && !this.isBroken(path)) this.compile(schema, place)
  }

  private isBroken(path: string): boolean {
    return this.others.some(
      ({ field }) => field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`),
    )
  }

  private compile(schema: JsonSchema, place: Place): void {
    const compiled = compileRules(schema, place.isResource, this.history.isStored)
    const at = child(place.path, RULES)
    if (!compiled) {
      const lead = 'internal error: failed to construct type information for x-kubernetes-validations rules'
      this.errors.push(internalError(at, `${lead}: unable to convert structural schema to CEL declarations`))
      return
    }
    compiled.rules.forEach((rule, i) => {
      this.ruleErrors(rule, compiled, index(at, i), place)
    })
  }

  private ruleErrors(compiled: CompiledRule, all: CompiledRules, path: string, place: Place): void {
    const { rule, problem, message, usesOldSelf, maxCost } = compiled
    this.observe(maxCost * (place.cardinality ?? all.maxCardinality), child(path, 'rule'), 'rule')
    if (problem !== undefined) this.errors.push(invalid(child(path, 'rule'), internalRule(rule), problem))
    if (message?.problem !== undefined) {
      this.errors.push(invalid(child(path, 'messageExpression'), internalRule(rule), message.problem))
    } else if (message) this.observe(message.maxCost, child(path, 'messageExpression'), 'messageExpression')
    if (usesOldSelf && place.noOldSelf !== undefined) {
      const why = 'oldSelf cannot be used on the uncorrelatable portion of the schema within'
      this.errors.push(invalid(child(path, 'rule'), rule.rule, `${why} ${place.noOldSelf}`))
    } else if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
      const why = 'may not be set if oldSelf is not used in rule'
      this.errors.push(invalid(child(path, 'optionalOldSelf'), rule.optionalOldSelf, why))
    }
  }

  private observe(cost: number, path: string, what: string): void {
    if (cost > EXPRESSION_LIMIT && !this.history.unchanged) {
      this.errors.push(forbidden(path, costMessage(`estimated ${what} cost`, cost, EXPRESSION_LIMIT)))
    }
    this.total += cost
    if (cost < SCHEMA_LIMIT / 100) return
    this.expensive = [...this.expensive, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, 4)
  }

  totalErrors(path: string): FieldError[] {
    if (this.total <= SCHEMA_LIMIT) return []
    const part = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    const whole = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...this.expensive.map((one) => forbidden(one.path, part)),
      forbidden(path, costMessage(whole, this.total, SCHEMA_LIMIT)),
    ]
  }
}

/** How many there can be of what a schema's items, entries or properties describe. */
function maxElements({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  if (type === 'object' && additionalProperties !== undefined && additionalProperties !== null) {
    return maxProperties === undefined ? undefined : Math.max(maxProperties, 0)
  }
  if (type === 'array') return maxItems === undefined ? undefined : Math.max(maxItems, 0)
  return 1
}

function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${shown} (${advice})`
}

/** As Go prints the type that upstream validates. */
function internalRule(rule: ValidationRule): object {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}

/** All expressions in the schemas. */
export function expressionsIn(schemas: readonly (JsonSchema | undefined)[]): Set<string> {
  const found = new Set<string>()
  const visit = (schema: JsonSchema | undefined): void => {
    if (!schema) return
    for (const { rule, messageExpression } of schema[RULES] ?? []) {
      found.add(rule)
      if (messageExpression) found.add(messageExpression)
    }
    visit(itemsOf(schema))
    visit(additionalOf(schema))
    Object.values(schema.properties ?? {}).forEach(visit)
  }
  schemas.forEach(visit)
  return found
}
