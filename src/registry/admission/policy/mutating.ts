/** MutatingAdmissionPolicy: one after another, each sees what the one before made. Mirrors apiserver/pkg/admission/plugin/policy/mutating. */
import { RUNTIME_BUDGET } from '../../../apimachinery/cel/compile.ts'
import { JSON_PATCHES, OBJECT_TYPE } from '../../../apimachinery/cel/patch-types.ts'
import { deepEqual } from '../../../apimachinery/equality.ts'
import { StatusError } from '../../../apimachinery/errors.ts'
import { quote } from '../../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import type { WriteContext } from '../../definition.ts'
import {
  compileStored,
  conditionsHold,
  Evaluations,
  type Expression,
  OutOfBudget,
  type Subject,
} from '../conditions.ts'
import {
  type AdmissionEnvironment,
  type AdmissionPluginFactory,
  type AdmissionRequest,
  reinvocationOf,
} from '../plugin.ts'
import { refuse } from '../refuse.ts'
import { memoryOf, requireAgain } from '../reinvocation.ts'
import { versioned, writeBack } from '../versioned.ts'
import { type Binding, type Environments, type Policy, policiesOf } from './configuration.ts'
import { type Invocation, invocations, isExempt } from './invocations.ts'
import { applyObject, MutationError, patchObject } from './patch.ts'

const NAME = 'MutatingAdmissionPolicy'

export const mutatingAdmissionPolicy: AdmissionPluginFactory = {
  name: NAME,
  create(environment) {
    const policies = policiesOf(environment.storage, 'mutatingadmissionpolic', compileMutations)
    return {
      name: NAME,
      admit(request, context) {
        const all = policies.current()
        if (all.length === 0 || context.internal || request.operation === 'DELETE' || isExempt(request)) return
        mutateAll(all, { request, context, environment })
      },
    }
  },
}

interface Mutation {
  readonly expression: Expression
  readonly apply: typeof applyObject
}

interface Mutations {
  readonly mutations: readonly Mutation[]
  readonly reinvoked: boolean
}

type Fields = DynamicObject['spec']

function compileMutations(spec: Fields, environments: Environments): Mutations {
  const environment = environments({ authorizer: true, patches: true })
  return {
    mutations: (spec.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration }: Fields): Mutation => {
      const isPatch = patchType === 'JSONPatch'
      const source = (isPatch ? jsonPatch : applyConfiguration)?.expression ?? ''
      const expression = compileStored(environment, source, [isPatch ? JSON_PATCHES : OBJECT_TYPE])
      return { expression, apply: isPatch ? patchObject : applyObject }
    }),
    reinvoked: spec.reinvocationPolicy === 'IfNeeded',
  }
}

interface Dispatch {
  request: AdmissionRequest
  context: WriteContext
  environment: AdmissionEnvironment
}

interface Failure {
  policy: string
  binding?: string | undefined
  message: string
  reason?: string
}

function mutateAll(policies: readonly Policy<Mutations>[], dispatch: Dispatch): void {
  const { request, environment } = dispatch
  const failures: Failure[] = []
  const ready: Ready[] = []
  for (const invocation of invocations(policies, request, environment)) {
    if (!('problem' in invocation)) ready.push(invocation)
    else if (!invocation.policy.ignoresFailure) {
      const { policy, binding, problem } = invocation
      const message = `failed to configure ${binding ? 'binding' : 'policy'}: ${problem}`
      failures.push({ policy: policy.name, binding: binding?.name, message })
    }
  }
  if (ready.length > 0) failures.push(...invokeAll(ready, dispatch))
  if (failures.length > 0) throw refused(request, failures)
}

type Ready = Exclude<Invocation<Mutations>, { problem: string }>

function invokeAll(ready: readonly Ready[], dispatch: Dispatch): Failure[] {
  const { request } = dispatch
  const failures: Failure[] = []
  const memory = memoryOf(request, NAME)
  const reinvocation = reinvocationOf(request)
  if (reinvocation.repeated && !deepEqual(memory.output, request.object)) requireAgain(memory)
  try {
    for (const invocation of ready) {
      const { policy, binding, params } = invocation
      const id = JSON.stringify([policy.name, binding.name, params?.metadata.namespace, params?.metadata.name])
      if (reinvocation.repeated && !memory.again.has(id)) continue
      const before = structuredClone(request.object)
      const isAsked = invoke(invocation, dispatch, failures)
      if (!deepEqual(before, request.object)) {
        requireAgain(memory)
        reinvocation.wanted = true
      }
      if (isAsked && policy.compiled.reinvoked) memory.invoked.add(id)
    }
  } finally {
    memory.output = request.object && structuredClone(request.object)
  }
  return failures
}

/** Whether the policy concerns the request. */
function invoke(
  { policy, binding, match, params, namespace }: Ready,
  dispatch: Dispatch,
  failures: Failure[],
): boolean {
  const { request, context, environment } = dispatch
  const subject = (): Subject => ({
    shown: versioned(request, match.definition),
    context,
    params,
    namespace,
    variables: policy.variables,
  })
  const held = conditionsHold(policy.conditions, subject())
  if (held.error !== undefined) failures.push(...failureOf(policy, binding, held.error))
  if (!held.matches) return false
  for (const mutation of policy.compiled.mutations) {
    if (!request.object) continue
    try {
      mutate(mutation, subject(), environment)
    } catch (error) {
      if (!(error instanceof MutationError)) throw error
      failures.push(...failureOf(policy, binding, error.message))
    }
  }
  return true
}

function failureOf(policy: Policy<Mutations>, binding: Binding, message: string): Failure[] {
  return policy.ignoresFailure ? [] : [{ policy: policy.name, binding: binding.name, message, reason: 'Invalid' }]
}

function mutate({ expression, apply }: Mutation, subject: Subject, environment: AdmissionEnvironment): void {
  if (expression.problem !== undefined) throw new MutationError(expression.problem)
  const { shown } = subject
  try {
    const outcome = new Evaluations(subject, RUNTIME_BUDGET).evaluate(expression)
    if ('error' in outcome) throw new MutationError(outcome.error)
    const made = apply(shown, outcome.value, environment)
    if (made !== undefined) writeBack(shown, made, environment)
  } catch (error) {
    if (error instanceof OutOfBudget) throw new MutationError(error.message)
    throw error
  }
}

/** 403 with the first failure's reason, and a cause for each. */
function refused(request: AdmissionRequest, failures: readonly Failure[]): StatusError {
  const texts = failures.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${quote(policy)} denied request: ${message}`
      : `policy '${policy}' with binding '${binding}' denied request: ${message}`,
  )
  const { status } = refuse(request, 'admission request denied by policy')
  const causes = [...(status.details?.causes ?? []), ...texts.map((message) => ({ message }))]
  const reason = failures[0]?.reason ?? status.reason
  return new StatusError({ ...status, message: texts[0]!, reason, details: { ...status.details, causes } })
}
