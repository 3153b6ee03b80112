/** Admission policies with their bindings in compiled form. Mirrors apiserver/pkg/admission/plugin/policy/generic/{policy_source,policy_matcher}.go. */
import { type AdmissionUse, policyEnvironment } from '../../../apimachinery/cel/admission-environment.ts'
import type { Environment } from '../../../apimachinery/cel/environment.ts'
import * as T from '../../../apimachinery/cel/types.ts'
import type { DynamicObject, LabelSelector } from '../../../apimachinery/meta.ts'
import type { Storage } from '../../../storage/interface.ts'
import { CompiledView } from '../compiled-view.ts'
import { CONDITION_TYPES, compileStored, type Expression, type NamedExpression } from '../conditions.ts'
import { compileMatcher, type Matcher, type MatchRule } from '../matching.ts'

type Fields = DynamicObject['spec']

export interface ParamKind {
  apiVersion: string
  kind: string
}

export interface ParamRef {
  name?: string
  namespace?: string
  selector?: LabelSelector
  parameterNotFoundAction?: string
}

export interface Binding {
  readonly name: string
  /** undefined: whatever the policy matches. */
  readonly matches: Matcher | undefined
  readonly paramRef: ParamRef | undefined
  readonly actions: readonly string[]
}

/** What both kinds of policy have. `P` is what one kind evaluates. */
export interface Policy<P> {
  readonly name: string
  readonly ignoresFailure: boolean
  readonly matches: Matcher
  readonly paramKind: ParamKind | undefined
  readonly conditions: readonly Expression[]
  readonly variables: readonly NamedExpression[]
  readonly bindings: readonly Binding[]
  readonly compiled: P
}

/** Gives the environments of one policy: with its variables, and what an expression may use besides. */
export type Environments = (use: AdmissionUse) => Environment

/** Policies that are bound, by name, with their bindings by name. `compile` makes of a policy's spec what its kind evaluates. */
export function policiesOf<P>(
  storage: Storage,
  kind: 'validatingadmissionpolic' | 'mutatingadmissionpolic',
  compile: (spec: Fields, environments: Environments) => P,
): CompiledView<readonly Policy<P>[]> {
  const prefixes = [`/registry/${kind}ies/`, `/registry/${kind}ybindings/`]
  return new CompiledView(storage, prefixes, ([policies = [], bindings = []]) =>
    policies.flatMap((policy) => {
      const bound = bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name)
      return bound.length > 0 ? [compilePolicy(policy, bound, compile)] : []
    }),
  )
}

const ANY_TYPES: readonly T.CelType[] = [T.ANY]

function compilePolicy<P>(
  { metadata, spec }: DynamicObject,
  bindings: readonly DynamicObject[],
  compile: (spec: Fields, environments: Environments) => P,
): Policy<P> {
  const declared = new Map<string, T.CelType | undefined>()
  const base: AdmissionUse = { stored: true, params: Boolean(spec.paramKind) }
  const environments: Environments = (use) => policyEnvironment({ ...base, ...use }, declared)
  const own = environments({ authorizer: true })
  const variables = (spec.variables ?? []).map(({ name, expression }: Fields): NamedExpression => {
    const compiled = compileStored(own, expression, ANY_TYPES)
    declared.set(name, compiled.program?.type)
    return { name, ...compiled }
  })
  return {
    name: metadata.name ?? '',
    ignoresFailure: spec.failurePolicy === 'Ignore',
    matches: matcherOf(spec.matchConstraints ?? {}),
    paramKind: spec.paramKind ?? undefined,
    conditions: (spec.matchConditions ?? []).map(({ expression }: Fields) =>
      compileStored(own, expression, CONDITION_TYPES),
    ),
    variables,
    bindings: bindings.map(compileBinding),
    compiled: compile(spec, environments),
  }
}

function compileBinding({ metadata, spec }: DynamicObject): Binding {
  return {
    name: metadata.name ?? '',
    matches: spec.matchResources ? matcherOf(spec.matchResources) : undefined,
    paramRef: spec.paramRef ?? undefined,
    actions: spec.validationActions ?? [],
  }
}

/** Without rules all resources match. */
const EVERYTHING: readonly MatchRule[] = [
  { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], scope: '*' },
]

function matcherOf({ resourceRules, excludeResourceRules, ...selectors }: Fields): Matcher {
  return compileMatcher({
    ...selectors,
    rules: resourceRules?.length > 0 ? resourceRules : EVERYTHING,
    excludedRules: excludeResourceRules ?? [],
  })
}
