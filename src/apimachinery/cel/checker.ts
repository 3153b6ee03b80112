/** Types of a tree's expressions, and what is wrong with them. Mirrors cel-go checker/checker.go. */
import {
  type Call,
  type Comprehension,
  type Expr,
  type Ident,
  type ListExpr,
  type MapExpr,
  qualifiedName,
  type Select,
  type StructExpr,
} from './ast.ts'
import { type Environment, typeNamed } from './environment.ts'
import type { Overload } from './functions.ts'
import type { Problem } from './problems.ts'
import { entryTypes, TypeVariables } from './type-variables.ts'
import * as T from './types.ts'
import { TypeValue, typeOfValue } from './values.ts'

/** Writes types into the tree, adds what is wrong to `problems`, and answers the type of the whole. */
export function check(expr: Expr, environment: Environment, problems: Problem[]): T.CelType {
  const checker = new Checker(environment, problems)
  checker.check(expr)
  checker.resolve()
  return expr.type!
}

type Scope = Map<string, T.CelType>

class Checker {
  private readonly environment: Environment
  private readonly problems: Problem[]
  private readonly checked: Expr[] = []
  private readonly scopes: Scope[] = []
  private readonly types = new TypeVariables()

  constructor(environment: Environment, problems: Problem[]) {
    this.environment = environment
    this.problems = problems
  }

  /** Type parameters that are left become dyn. */
  resolve(): void {
    for (const one of this.checked) one.type = this.types.final(one.type!)
  }

  check(expr: Expr): T.CelType {
    expr.type = this.typeOf(expr)
    this.checked.push(expr)
    return expr.type
  }

  private typeOf(expr: Expr): T.CelType {
    switch (expr.kind) {
      case 'literal':
        return typeOfValue(expr.value)
      case 'ident':
        return this.identType(expr)
      case 'select':
        return this.selectType(expr)
      case 'call':
        return this.callType(expr)
      case 'list':
        return this.listType(expr)
      case 'map':
        return this.mapType(expr)
      case 'struct':
        return this.structType(expr)
      case 'comprehension':
        return this.comprehensionType(expr)
    }
  }

  private problem(offset: number, message: string): T.CelType {
    this.problems.push({ offset, message })
    return T.ERROR
  }

  private undeclared(offset: number, name: string): T.CelType {
    return this.problem(offset, `undeclared reference to '${name}' (in container '')`)
  }

  private mismatch({ offset }: Expr, expected: T.CelType, actual: T.CelType): void {
    this.problem(offset, `expected type '${T.formatType(expected)}' but found '${T.formatType(actual)}'`)
  }

  private local(name: string): T.CelType | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i].get(name)
      if (found) return found
    }
    return undefined
  }

  /** A variable, or the name of a type. */
  private global(name: string): { type: T.CelType; constant?: TypeValue } | undefined {
    const plain = name.startsWith('.') ? name.slice(1) : name
    const variable = this.environment.variables.get(plain)
    if (variable) return { type: variable }
    const type = typeNamed(this.environment, plain)
    return type && { type: T.typeOf(type), constant: new TypeValue(type) }
  }

  private identType(expr: Ident): T.CelType {
    const local = this.local(expr.name)
    if (local) return local
    const found = this.global(expr.name)
    if (!found) return this.undeclared(expr.offset, expr.name)
    if (found.constant) expr.constant = found.constant
    else if (expr.name.startsWith('.')) expr.name = expr.name.slice(1)
    return found.type
  }

  private selectType(expr: Select): T.CelType {
    const qualified = expr.testOnly ? undefined : qualifiedName(expr)
    if (qualified !== undefined && !this.local(qualified.slice(0, qualified.indexOf('.')))) {
      const found = this.global(qualified)
      if (found) {
        Object.assign(expr, { kind: 'ident', name: qualified, constant: found.constant })
        return found.type
      }
    }
    const type = this.fieldType(expr, expr.operand, expr.field, false)
    return expr.testOnly ? T.BOOL : type
  }

  private fieldType({ offset }: Expr, operand: Expr, field: string, optional: boolean): T.CelType {
    const operandType = this.types.now(this.check(operand))
    const wasOptional = T.isOptional(operandType)
    const target = wasOptional ? operandType.parameters[0] : operandType
    const type = this.memberType(offset, target, field)
    return this.types.now(wasOptional || optional ? T.optionalType(type) : type)
  }

  private memberType(offset: number, target: T.CelType, field: string): T.CelType {
    switch (target.kind) {
      case 'map':
        return target.parameters[1]
      case 'struct':
        return this.environment.struct(target.name)?.field(field) ?? this.missingField(offset, target.name, field)
      case 'param':
        this.types.assigns(T.DYN, target)
        return T.DYN
      default:
        if (target.kind !== 'error' && !T.isDyn(target)) {
          this.problem(offset, `type '${T.formatType(target)}' does not support field selection`)
        }
        return T.DYN
    }
  }

  private missingField(offset: number, struct: string, field: string): T.CelType {
    const known = this.environment.struct(struct) !== undefined
    return this.problem(offset, known ? `undefined field '${field}'` : `unexpected failed resolution of '${struct}'`)
  }

  private callType(expr: Call): T.CelType {
    if (expr.name === '_?._') return this.optionalSelectType(expr)
    for (const arg of expr.args) this.check(arg)
    if (!expr.target) {
      const name = expr.name.startsWith('.') ? expr.name.slice(1) : expr.name
      const overloads = this.environment.functions.get(name)
      if (!overloads) return this.undeclared(expr.offset, expr.name)
      expr.name = name
      return this.resolveOverload(expr, overloads, undefined)
    }
    const prefix = qualifiedName(expr.target)
    const spaced = prefix === undefined ? undefined : this.environment.functions.get(`${prefix}.${expr.name}`)
    if (spaced) {
      expr.name = `${prefix}.${expr.name}`
      delete expr.target
      return this.resolveOverload(expr, spaced, undefined)
    }
    this.check(expr.target)
    const overloads = this.environment.functions.get(expr.name)
    return overloads ? this.resolveOverload(expr, overloads, expr.target) : this.undeclared(expr.offset, expr.name)
  }

  private optionalSelectType(expr: Call): T.CelType {
    const [operand, field] = expr.args
    expr.overloads = ['select_optional_field']
    this.check(field)
    return this.fieldType(expr, operand, field.kind === 'literal' ? String(field.value) : '', true)
  }

  private resolveOverload(expr: Call, overloads: readonly Overload[], target: Expr | undefined): T.CelType {
    const args = target ? [target, ...expr.args] : expr.args
    const types = args.map(({ type }) => type!)
    if (expr.name === '_&&_' || expr.name === '_||_') return this.logicalType(expr, types)
    const matching: string[] = []
    let result: T.CelType | undefined
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined)) continue
      const instance = this.types.instance(overload)
      if (!this.types.assignsAll(types, instance.args)) continue
      matching.push(overload.id)
      const type = this.types.now(instance.result)
      if (!result) result = type
      else if (!T.isDyn(result) && !T.isExactType(type, result)) result = T.DYN
    }
    if (!result) {
      const signature = T.formatSignature(
        types.map((type) => this.types.final(type)),
        target !== undefined,
      )
      return this.problem(expr.offset, `found no matching overload for '${expr.name}' applied to '${signature}'`)
    }
    expr.overloads = matching
    return result
  }

  private logicalType(expr: Call, types: T.CelType[]): T.CelType {
    expr.overloads = [expr.name === '_&&_' ? 'logical_and' : 'logical_or']
    let result = T.BOOL
    types.forEach((type, i) => {
      if (this.types.assigns(type, T.BOOL)) return
      this.mismatch(expr.args[i], T.BOOL, type)
      result = T.ERROR
    })
    return result
  }

  /** The type of an entry written `?entry`: what the optional holds. */
  private heldType(entry: Expr, optional: boolean): T.CelType {
    const type = entry.type!
    if (!optional) return type
    if (T.isOptional(type)) return type.parameters[0]
    if (!T.isDyn(type)) this.mismatch(entry, T.optionalType(type), type)
    return type
  }

  private join(previous: T.CelType | undefined, type: T.CelType): T.CelType {
    if (!previous) return type
    return this.types.assigns(previous, type) ? T.mostGeneral(previous, type) : T.DYN
  }

  private listType({ elements, optional }: ListExpr): T.CelType {
    let type: T.CelType | undefined
    elements.forEach((element, i) => {
      this.check(element)
      type = this.join(type, this.heldType(element, optional.has(i)))
    })
    return T.listType(type ?? this.types.variable())
  }

  private mapType({ entries }: MapExpr): T.CelType {
    let key: T.CelType | undefined
    let held: T.CelType | undefined
    for (const entry of entries) {
      key = this.join(key, this.check(entry.key))
      this.check(entry.value)
      held = this.join(held, this.heldType(entry.value, entry.optional))
    }
    return T.mapType(key ?? this.types.variable(), held ?? this.types.variable())
  }

  private structType(expr: StructExpr): T.CelType {
    const name = expr.name.startsWith('.') ? expr.name.slice(1) : expr.name
    const struct = this.environment.struct(name)
    if (!struct) {
      const type = typeNamed(this.environment, name)
      if (!type) return this.undeclared(expr.offset, expr.name)
      this.problem(expr.offset, `'${name}' is not a message type`)
    }
    expr.name = name
    for (const field of expr.fields) {
      const type = this.check(field.value)
      const expected = struct?.field(field.name) ?? this.missingField(field.offset, name, field.name)
      const held = this.heldType(field.value, field.optional)
      if (this.types.assigns(expected, held)) continue
      const shown = `is '${T.formatType(expected)}' but provided type is '${T.formatType(type)}'`
      this.problem(field.offset, `expected type of field '${field.name}' ${shown}`)
    }
    return struct ? T.structType(name) : T.ERROR
  }

  private comprehensionType(expr: Comprehension): T.CelType {
    this.check(expr.range)
    const accumulated = this.check(expr.init)
    const [first, second] = this.variableTypes(expr, this.types.now(expr.range.type!))
    this.scopes.push(new Map([[expr.accumulator, accumulated]]))
    const loop = new Map([[expr.variable, first]])
    if (expr.variable2 !== undefined) loop.set(expr.variable2, second)
    this.scopes.push(loop)
    this.assert(expr.condition, T.BOOL)
    this.assert(expr.step, accumulated)
    this.scopes.pop()
    const type = this.check(expr.result)
    this.scopes.pop()
    return this.types.now(type)
  }

  private variableTypes({ range, variable2 }: Comprehension, type: T.CelType): [T.CelType, T.CelType] {
    const types = entryTypes(type, variable2 !== undefined)
    if (types) return types
    const isDyn = T.isDyn(type) || type.kind === 'error' || type.kind === 'param'
    if (isDyn && this.types.assigns(T.DYN, type)) return [T.DYN, T.DYN]
    const shown = `expression of type '${T.formatType(type)}' cannot be range of a comprehension`
    this.problem(range.offset, `${shown} (must be list, map, or dynamic)`)
    return [T.ERROR, T.ERROR]
  }

  private assert(expr: Expr, type: T.CelType): void {
    this.check(expr)
    if (!this.types.assigns(type, expr.type!)) this.mismatch(expr, type, expr.type!)
  }
}
