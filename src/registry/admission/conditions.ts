/**
 * CEL expressions of one request: what their variables hold, what they may cost together, and match conditions. For webhooks and policies alike.
 * Mirrors apiserver/pkg/admission/plugin/cel/{activation,condition,composition}.go and plugin/webhook/matchconditions.
 */
import { compileTyped, MATCH_CONDITIONS_BUDGET, type Program, type Variables } from '../../apimachinery/cel/compile.ts'
import type { Environment } from '../../apimachinery/cel/environment.ts'
import { fromJson } from '../../apimachinery/cel/json-values.ts'
import { AccessCheck, type Authorize } from '../../apimachinery/cel/library/authorizer.ts'
import { BOOL, type CelType } from '../../apimachinery/cel/types.ts'
import { CelError, CelMap, type Value } from '../../apimachinery/cel/values.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { WriteContext } from '../definition.ts'
import type { VersionedRequest } from './versioned.ts'
import { admissionRequestFields } from './webhook/review.ts'

/** An expression as it is stored. What does not compile fails when it is evaluated. */
export interface Expression {
  readonly source: string
  readonly program?: Program
  readonly problem?: string
}

export function compileStored(environment: Environment, source: string, types: readonly CelType[]): Expression {
  const { program, problem } = compileTyped(environment, source, types)
  return program ? { source, program } : { source, problem: problem ?? '' }
}

export interface NamedExpression extends Expression {
  readonly name: string
}

/** What expressions are told of a request. */
export interface Subject {
  readonly shown: VersionedRequest
  readonly context: WriteContext
  /** null: there is none. */
  readonly params?: DynamicObject | null
  readonly namespace?: DynamicObject | undefined
  /** Of a policy, in their order. */
  readonly variables?: readonly NamedExpression[]
}

/** The budget is used up: nothing more is evaluated. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/** One round of evaluations with a budget. Variables are evaluated when they are first asked for, once a round. */
export class Evaluations {
  private readonly subject: Subject
  private readonly resolved = new Map<string, Value | undefined>()
  /** Spent by variables since the last evaluation. */
  private composed = 0
  budget: number

  constructor(subject: Subject, budget: number) {
    this.subject = subject
    this.budget = budget
  }

  /** Throws OutOfBudget. An error says which expression failed, as upstream puts it. */
  evaluate({ source, program, problem }: Expression): { value: Value } | { error: string } {
    if (!program) return { error: `compilation error: ${problem}` }
    const { value, error, cost } = program.evaluate(this.resolve)
    this.spend(this.composed)
    this.composed = 0
    this.spend(cost)
    return error === undefined ? { value: value! } : { error: `expression '${source}' resulted in error: ${error}` }
  }

  private spend(cost: number): void {
    if (cost > this.budget) throw new OutOfBudget()
    this.budget -= cost
  }

  private readonly resolve: Variables = (name) => {
    if (!this.resolved.has(name)) this.resolved.set(name, this.valueOf(name))
    return this.resolved.get(name)
  }

  private valueOf(name: string): Value | undefined {
    const { shown, context, params, namespace } = this.subject
    switch (name) {
      case 'object':
        return fromJson(shown.object ?? null)
      case 'oldObject':
        return fromJson(shown.old ?? null)
      case 'request':
        return fromJson(admissionRequestFields('', shown, context))
      case 'namespaceObject':
        return fromJson(namespace ?? null)
      case 'params':
        return fromJson(params ?? null)
      case 'variables':
        return new ComposedVariables(this.subject.variables ?? [], (variable) => this.compose(variable))
      case 'authorizer':
        return new AccessCheck('authorizer', authorizeBy(context))
      case 'authorizer.requestResource':
        return new AccessCheck('resourcecheck', authorizeBy(context), resourceOf(shown))
      default:
        return undefined
    }
  }

  private compose({ name, program, problem }: NamedExpression): Value {
    const lead = `composited variable ${quote(name)}`
    if (!program) return new CelError(`${lead} fails to compile: ${problem}`)
    const { value, error, cost } = program.evaluate(this.resolve)
    this.composed += cost
    return error === undefined ? value! : new CelError(`${lead} fails to evaluate: ${error}`)
  }
}

/** `variables` of a policy. */
class ComposedVariables extends CelMap {
  private readonly variables: readonly NamedExpression[]
  private readonly evaluate: (variable: NamedExpression) => Value
  private readonly known = new Map<string, Value>()

  constructor(variables: readonly NamedExpression[], evaluate: (variable: NamedExpression) => Value) {
    super()
    this.variables = variables
    this.evaluate = evaluate
  }
  get size(): number {
    return this.variables.length
  }
  get(key: Value): Value | undefined {
    const present = this.known.get(key as string)
    if (present !== undefined) return present
    const variable = this.variables.findLast(({ name }) => name === key)
    if (!variable) return undefined
    const value = this.evaluate(variable)
    this.known.set(variable.name, value)
    return value
  }
  keys(): Value[] {
    return this.variables.map(({ name }) => name)
  }
}

const resourceOf = ({ request }: VersionedRequest) => ({
  group: request.definition.group,
  resource: request.definition.resource,
  subresource: request.subresource,
  namespace: request.namespace,
  name: request.name,
})

function authorizeBy({ authorizer, user }: WriteContext): Authorize {
  return ({ serviceAccount, ...attributes }) => {
    if (!serviceAccount) return authorizer.authorize({ user, ...attributes })
    const [namespace, name] = serviceAccount
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
    return authorizer.authorize({
      user: { username: `system:serviceaccount:${namespace}:${name}`, groups },
      ...attributes,
    })
  }
}

export const CONDITION_TYPES: readonly CelType[] = [BOOL]

/** Whether all conditions hold. One that does not hold decides, whatever fails; `error` says what failed otherwise. */
export function conditionsHold(
  conditions: readonly Expression[],
  subject: Subject,
): { matches: boolean; error?: string } {
  const evaluations = new Evaluations({ ...subject, namespace: undefined }, MATCH_CONDITIONS_BUDGET)
  const errors: string[] = []
  try {
    for (const condition of conditions) {
      const outcome = evaluations.evaluate(condition)
      if ('error' in outcome) errors.push(outcome.error)
      else if (outcome.value === false) return { matches: false }
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    return { matches: false, error: error.message }
  }
  const each = [...new Set(errors)]
  if (each.length === 0) return { matches: true }
  return { matches: false, error: each.length === 1 ? each[0]! : `[${each.join(', ')}]` }
}
