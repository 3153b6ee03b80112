/**
 * The part of jq that selectors are written in: paths, `.[]`, pipes, `select`, comparisons, `and`, `or`, `//`, `if`, and functions of values. No
 * definitions, no variables, no assignments: those are refused when the expression is compiled.
 */
import { type Expression, parse } from './parser.ts'
import { BINARY, compare, elements, isTrue, JqError, member, PLAIN, sum } from './values.ts'

/** All that the expression makes of a value. Throws JqError where jq fails. */
export type Query = (value: unknown) => unknown[]

/** Throws JqError. */
export function compileQuery(source: string): Query {
  return compile(parse(source))
}

function compile(expression: Expression): Query {
  switch (expression.kind) {
    case 'identity':
      return (value) => [value]
    case 'literal':
      return () => [expression.value]
    case 'each': {
      const of = compile(expression.of)
      return (value) => of(value).flatMap(elements)
    }
    case 'member':
      return compileMember(expression.of, expression.key)
    case 'try':
      return attempt(compile(expression.body))
    case 'list': {
      const body = expression.body && compile(expression.body)
      return (value) => [body ? body(value) : []]
    }
    case 'if': {
      const [condition, then, otherwise] = [expression.condition, expression.then, expression.otherwise].map(compile)
      return (value) => condition(value).flatMap((holds) => (isTrue(holds) ? then(value) : otherwise(value)))
    }
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right))
    case 'call':
      return compileCall(expression.name, expression.args)
  }
}

function compileMember(of: Expression, key: Expression): Query {
  const read = compile(of)
  if (key.kind === 'literal') return (value) => read(value).map((each) => member(each, key.value))
  const keys = compile(key)
  return (value) => read(value).flatMap((each) => keys(value).map((name) => member(each, name)))
}

function attempt(query: Query): Query {
  return (value) => {
    try {
      return query(value)
    } catch (error) {
      if (error instanceof JqError) return []
      throw error
    }
  }
}

const OPERATORS: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  '==': (a, b) => compare(a, b) === 0,
  '!=': (a, b) => compare(a, b) !== 0,
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
  '+': sum,
  '-': (a, b) => Number(a) - Number(b),
}

function compileBinary(operator: string, left: Query, right: Query): Query {
  if (operator === '|') return (value) => left(value).flatMap(right)
  if (operator === ',') return (value) => [...left(value), ...right(value)]
  if (operator === '//') {
    const present = attempt(left)
    return (value) => {
      const found = present(value).filter(isTrue)
      return found.length > 0 ? found : right(value)
    }
  }
  if (operator === 'and' || operator === 'or') {
    const decides = operator === 'or'
    return (value) =>
      left(value).flatMap((one) => (isTrue(one) === decides ? [decides] : right(value).map((other) => isTrue(other))))
  }
  const apply = OPERATORS[operator]
  return (value) => right(value).flatMap((b) => left(value).map((a) => apply(a, b)))
}

function compileCall(name: string, args: readonly Expression[]): Query {
  if (args.length === 0) {
    if (name === 'empty') return () => []
    const call = Object.hasOwn(PLAIN, name) ? PLAIN[name] : undefined
    if (call) return (value) => [call(value)]
  } else {
    const argument = compile(args[0])
    if (name === 'select') return (value) => argument(value).flatMap((holds) => (isTrue(holds) ? [value] : []))
    if (name === 'map') return (value) => [elements(value).flatMap(argument)]
    if (name === 'any') return (value) => [elements(value).some((each) => argument(each).some(isTrue))]
    if (name === 'all') return (value) => [elements(value).every((each) => argument(each).every(isTrue))]
    if (name === 'first') return (value) => argument(value).slice(0, 1)
    const call = Object.hasOwn(BINARY, name) ? BINARY[name] : undefined
    if (call) return (value) => argument(value).map((each) => call(value, each))
  }
  throw new JqError(`the jq function ${name}/${args.length} is not supported`)
}
