/** What a ValidatingAdmissionPolicy's expressions have against the types that it is for. Mirrors apiserver/pkg/admission/plugin/policy/validating/typechecking.go. */

import { policyEnvironment, type Typed } from '../../../apimachinery/cel/admission-environment.ts'
import { compileExpression } from '../../../apimachinery/cel/compile.ts'
import type { Environment } from '../../../apimachinery/cel/environment.ts'
import * as T from '../../../apimachinery/cel/types.ts'
import type { Clock } from '../../../apimachinery/clock.ts'
import { child, index } from '../../../apimachinery/field-error.ts'
import { type DynamicObject, parseGroupVersion } from '../../../apimachinery/meta.ts'
import { kindType } from '../../../apimachinery/schema/custom/declared-kind.ts'
import type { Structs } from '../../../apimachinery/schema/custom/declared-type.ts'
import type { GroupVersionKind, Schemas } from '../../../apimachinery/schema/schema.ts'
import type { ExpressionWarning } from '../../../types/admissionregistration-v1.ts'
import type { ResourceDefinition } from '../../definition.ts'

type Fields = DynamicObject['spec']

/** What is asked of a Registry. */
export interface Typing {
  readonly clock: Clock
  readonly schemas: Schemas
  definitions(): readonly ResourceDefinition[]
}

const MOST_TYPES = 10

/** Of the validations, in their order. The time makes the names that messages have for types without one, as upstream. */
export function policyWarnings({ spec }: DynamicObject, registry: Typing): ExpressionWarning[] {
  const environments = typesToCheck(spec, registry).flatMap((kind) => {
    const structs: Structs = new Map()
    const object = typeOf(kind, structs, registry)
    if (!object) return []
    const param = paramKind(spec)
    const params = param && (typeOf(param, structs, registry) ?? T.DYN)
    return [{ kind, environment: environmentOf(spec, { object, params, struct: (name) => structs.get(name) }) }]
  })
  const warnings: ExpressionWarning[] = []
  const check = (fieldRef: string, expression: string | undefined): void => {
    const found = expression ? environments.flatMap((each) => problemOf(each, expression)) : []
    if (found.length > 0) warnings.push({ fieldRef, warning: found.join('\n') })
  }
  for (const [i, { expression, messageExpression }] of (spec.validations ?? []).entries()) {
    const path = index('spec.validations', i)
    check(child(path, 'expression'), expression)
    check(child(path, 'messageExpression'), messageExpression)
  }
  return warnings
}

function problemOf(
  { kind, environment }: { kind: GroupVersionKind; environment: Environment },
  source: string,
): string[] {
  const compiled = compileExpression(environment, source)
  if (compiled.program || compiled.stage !== 'compilation') return []
  return [`${kind.group}/${kind.version}, Kind=${kind.kind}: ${compiled.problem}\n`]
}

/** With the policy's variables; one that does not compile may be anything. */
function environmentOf(spec: Fields, types: Typed): Environment {
  const declared = new Map<string, T.CelType | undefined>()
  const use = { stored: true, params: Boolean(spec.paramKind), authorizer: true, types }
  const environment = policyEnvironment(use, declared)
  for (const { name, expression } of spec.variables ?? []) {
    declared.set(name, compileExpression(environment, expression).program?.type)
  }
  return environment
}

function paramKind({ paramKind: kind }: Fields): GroupVersionKind | undefined {
  return kind ? { ...parseGroupVersion(kind.apiVersion), kind: kind.kind } : undefined
}

function typeOf(gvk: GroupVersionKind, structs: Structs, { schemas, clock }: Typing): T.CelType | undefined {
  const schema = schemas.forKind(gvk.group, gvk.version, gvk.kind)
  return schema && kindType(schema, `${gvk.kind}${(clock.now() % 1000) * 1_000_000}`, structs)
}

/** Kinds that the rules name without a wildcard, by group, version and kind. */
function typesToCheck({ matchConstraints }: Fields, registry: Typing): GroupVersionKind[] {
  const found = new Map<string, GroupVersionKind>()
  for (const { apiGroups, apiVersions, resources } of matchConstraints?.resourceRules ?? []) {
    let count = 0
    for (const [group, version, resource] of combinations(apiGroups ?? [], apiVersions ?? [], resources ?? [])) {
      for (const kind of kindsFor(group, version, resource, registry)) {
        found.set(sortKey(kind), kind)
        if (++count === MOST_TYPES) return sorted(found)
      }
    }
  }
  return sorted(found)
}

const sortKey = ({ group, version, kind }: GroupVersionKind): string => [group, version, kind].join('\0')
const sorted = (found: ReadonlyMap<string, GroupVersionKind>): GroupVersionKind[] =>
  [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind)

/** A wildcard of groups or versions gives the rule up; resources with one, and subresources, are passed over. */
function combinations(groups: string[], versions: string[], resources: string[]): [string, string, string][] {
  if ([...groups, ...versions].some((each) => each.includes('*'))) return []
  const plain = resources.filter((resource) => !/[*/]/.test(resource)).sort()
  return [...groups]
    .sort()
    .flatMap((group) =>
      [...versions]
        .sort()
        .flatMap((version) => plain.map((resource): [string, string, string] => [group, version, resource])),
    )
}

/** Mirrors the REST mapper's KindsFor: names may be singular, and the core group stands for any. */
function kindsFor(group: string, version: string, resource: string, registry: Typing): GroupVersionKind[] {
  const name = resource.toLowerCase()
  return registry
    .definitions()
    .filter((one) => (group === '' || one.group === group) && one.version === version)
    .filter((one) => one.resource === name || (one.singular || one.kind.toLowerCase()) === name)
}
