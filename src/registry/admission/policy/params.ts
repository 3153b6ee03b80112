/** The parameters of a binding. Mirrors CollectParams of apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go. */

import { selectorFromObject } from '../../../apimachinery/labels.ts'
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import { parseGroupVersion } from '../../../apimachinery/meta.ts'
import type { ResourceDefinition } from '../../definition.ts'
import type { AdmissionEnvironment } from '../plugin.ts'
import type { ParamKind, ParamRef } from './configuration.ts'

/** Why a policy or a binding cannot be used; `failurePolicy` says what that means. */
export class ConfigurationError extends Error {}

/** The resource of a paramKind; undefined: the policy has none. Throws a ConfigurationError for a kind that nobody serves. */
export function paramResource(
  kind: ParamKind | undefined,
  environment: AdmissionEnvironment,
): ResourceDefinition | undefined {
  if (!kind) return undefined
  const definition = environment.definitionOf(kind.apiVersion, kind.kind)
  if (definition) return definition
  const { group, version } = parseGroupVersion(kind.apiVersion)
  const shown = `${group}/${version}, Kind=${kind.kind}`
  throw new ConfigurationError(`failed to find resource referenced by paramKind: '${shown}'`)
}

/** One evaluation for each: `null` where there are no parameters to have. Throws a ConfigurationError. */
export function collectParams(
  resource: ResourceDefinition | undefined,
  ref: ParamRef | undefined,
  namespace: string,
  environment: AdmissionEnvironment,
): (DynamicObject | null)[] {
  if (!resource || !ref) return [null]
  if (resource.namespaced && !ref.namespace && namespace === '') {
    const why = 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'
    throw new ConfigurationError(why)
  }
  if (!resource.namespaced && ref.namespace) {
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  }
  const params = find(resource, ref, resource.namespaced ? ref.namespace || namespace : '', environment)
  if (params.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  }
  return params
}

function find(
  { groupResource, apiVersion, kind }: ResourceDefinition,
  { name, selector }: ParamRef,
  namespace: string,
  { reader }: AdmissionEnvironment,
): DynamicObject[] {
  const whole = (param: DynamicObject): DynamicObject => ({ ...param, apiVersion, kind })
  if (name) {
    const param = reader.get<DynamicObject>(groupResource, namespace, name)
    return param ? [whole(param)] : []
  }
  if (!selector) throw new ConfigurationError('one of name or selector must be provided')
  const wanted = selectorFromObject(selector)
  const all = reader.list<DynamicObject>(groupResource, namespace)
  return all.filter(({ metadata }) => wanted.matches(metadata.labels ?? {})).map(whole)
}
