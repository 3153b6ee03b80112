/** Which policies are evaluated for a request, by which bindings, with which parameters. Mirrors apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go. */
import { StatusError } from '../../../apimachinery/errors.ts'
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import { isAdmissionConfiguration, type Match, type Matcher } from '../matching.ts'
import type { AdmissionEnvironment, AdmissionRequest } from '../plugin.ts'
import type { Binding, Policy } from './configuration.ts'
import { ConfigurationError, collectParams, paramResource } from './params.ts'

export type Invocation<P> =
  | {
      policy: Policy<P>
      binding: Binding
      match: Match
      params: DynamicObject | null
      namespace: DynamicObject | undefined
    }
  /** It cannot be evaluated. Without a binding that is the policy's fault. */
  | { policy: Policy<P>; binding?: Binding | undefined; problem: string }

/** Answers of the server that nobody stores: to ask policies about them could lock everybody out. */
const EXCLUDED = new Set([
  ...['selfsubjectreviews.authentication.k8s.io', 'tokenreviews.authentication.k8s.io'],
  ...['localsubjectaccessreviews.authorization.k8s.io', 'selfsubjectaccessreviews.authorization.k8s.io'],
  ...['selfsubjectrulesreviews.authorization.k8s.io', 'subjectaccessreviews.authorization.k8s.io'],
])

/** Policies have no say in this request. */
export const isExempt = (request: AdmissionRequest): boolean =>
  isAdmissionConfiguration(request) || EXCLUDED.has(request.definition.groupResource)

/** In the order of policies and bindings, a policy that matches by two bindings twice. */
export function* invocations<P>(
  policies: readonly Policy<P>[],
  request: AdmissionRequest,
  environment: AdmissionEnvironment,
): Generator<Invocation<P>> {
  for (const policy of policies) {
    const match = attempt(() => policy.matches(request, environment))
    if (match === undefined) continue
    if (match instanceof ConfigurationError) {
      yield { policy, problem: match.message }
      continue
    }
    const resource = attempt(() => paramResource(policy.paramKind, environment))
    if (resource instanceof ConfigurationError) {
      yield { policy, problem: resource.message }
      continue
    }
    for (const binding of policy.bindings) {
      const found = attempt(() =>
        binds(binding.matches, request, environment)
          ? collectParams(resource, binding.paramRef, namespaceOf(request), environment)
          : [],
      )
      if (found instanceof ConfigurationError) yield { policy, binding, problem: found.message }
      else {
        const namespace = namespaceObject(request, environment)
        for (const params of found) yield { policy, binding, match, params, namespace }
      }
    }
  }
}

const binds = (matches: Matcher | undefined, request: AdmissionRequest, environment: AdmissionEnvironment): boolean =>
  matches === undefined || matches(request, environment) !== undefined

function attempt<R>(step: () => R): R | ConfigurationError {
  try {
    return step()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    if (error instanceof StatusError) return new ConfigurationError(error.message)
    throw error
  }
}

/** A Namespace is in itself. */
const namespaceOf = ({ definition, namespace, name }: AdmissionRequest): string =>
  definition.groupResource === 'namespaces' ? name : namespace

function namespaceObject(request: AdmissionRequest, { reader }: AdmissionEnvironment): DynamicObject | undefined {
  if (request.definition.groupResource === 'namespaces' || request.namespace === '') return undefined
  const found = reader.get<DynamicObject>('namespaces', '', request.namespace)
  if (!found) return undefined
  const { managedFields: _, ownerReferences: __, ...metadata } = found.metadata
  return { ...found, metadata }
}
