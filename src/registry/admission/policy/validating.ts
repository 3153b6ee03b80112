/** ValidatingAdmissionPolicy: every binding that matches is evaluated, the first denial is the answer. Mirrors apiserver/pkg/admission/plugin/policy/validating. */
import { RUNTIME_BUDGET } from '../../../apimachinery/cel/compile.ts'
import * as T from '../../../apimachinery/cel/types.ts'
import { StatusError } from '../../../apimachinery/errors.ts'
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import type { WriteContext } from '../../definition.ts'
import {
  CONDITION_TYPES,
  compileStored,
  conditionsHold,
  Evaluations,
  type Expression,
  OutOfBudget,
  type Subject,
} from '../conditions.ts'
import type { AdmissionEnvironment, AdmissionPluginFactory, AdmissionRequest } from '../plugin.ts'
import { refuse } from '../refuse.ts'
import { type VersionedRequest, versioned } from '../versioned.ts'
import { type Binding, type Environments, type Policy, policiesOf } from './configuration.ts'
import { invocations, isExempt } from './invocations.ts'

const NAME = 'ValidatingAdmissionPolicy'
const MAX_MESSAGE_BYTES = 5 * 1024

export const validatingAdmissionPolicy: AdmissionPluginFactory = {
  name: NAME,
  create(environment) {
    const policies = policiesOf(environment.storage, 'validatingadmissionpolic', compileValidations)
    return {
      name: NAME,
      validate(request, context) {
        const all = policies.current()
        if (all.length > 0 && !context.internal && !isExempt(request)) enforce(all, request, context, environment)
      },
    }
  },
}

interface Validation {
  readonly expression: Expression
  readonly message: string
  readonly messageExpression: Expression | undefined
  readonly reason: string | undefined
}

interface Validations {
  readonly validations: readonly Validation[]
  readonly annotations: readonly Expression[]
}

type Fields = DynamicObject['spec']

function compileValidations(spec: Fields, environments: Environments): Validations {
  const own = environments({ authorizer: true })
  const ofMessages = environments({})
  return {
    validations: (spec.validations ?? []).map(
      ({ expression, message = '', messageExpression, reason }: Fields): Validation => ({
        expression: compileStored(own, expression, CONDITION_TYPES),
        message: message.trim(),
        messageExpression: messageExpression ? compileStored(ofMessages, messageExpression, [T.STRING]) : undefined,
        reason,
      }),
    ),
    annotations: (spec.auditAnnotations ?? []).map(({ valueExpression }: Fields) =>
      compileStored(own, valueExpression, [T.STRING, T.NULL]),
    ),
  }
}

/** A reason against the request. Without a binding it is the policy itself that cannot be used. */
interface Denial {
  policy: string
  binding?: string
  message: string
  reason?: string | undefined
}

function enforce(
  policies: readonly Policy<Validations>[],
  request: AdmissionRequest,
  context: WriteContext,
  environment: AdmissionEnvironment,
): void {
  const denials: Denial[] = []
  const shownIn = new Map<object, VersionedRequest>()
  for (const invocation of invocations(policies, request, environment)) {
    const { policy, binding } = invocation
    if ('problem' in invocation) {
      const lead = binding ? 'failed to configure binding' : 'failed to configure policy'
      const message = `${lead}: ${invocation.problem}`
      if (!policy.ignoresFailure) denials.push({ policy: policy.name, binding: binding?.name, message })
      continue
    }
    const { definition } = invocation.match
    const shown = shownIn.get(definition) ?? versioned(request, definition)
    shownIn.set(definition, shown)
    const { params, namespace } = invocation
    const subject = { shown, context, params, namespace, variables: policy.variables }
    for (const decision of decide(policy, subject)) act(decision, policy, invocation.binding, denials, context)
  }
  if (denials.length > 0) throw denied(request, denials[0]!)
}

interface Decision {
  message: string
  reason?: string | undefined
  /** Whatever the binding's actions are. */
  always?: boolean
}

function act(
  { message, reason, always }: Decision,
  policy: Policy<Validations>,
  binding: Binding,
  denials: Denial[],
  context: WriteContext,
): void {
  const denial = { policy: policy.name, binding: binding.name, message, reason }
  if (always) denials.push(denial)
  else {
    for (const action of binding.actions) {
      if (action === 'Deny') denials.push(denial)
      if (action !== 'Warn') continue
      const lead = `Validation failed for ${NAME} '${policy.name}' with binding '${binding.name}'`
      context.warn(`${lead}: ${message}`)
    }
  }
}

/** What speaks against the request. */
function decide(policy: Policy<Validations>, subject: Subject): Decision[] {
  const failed = (message: string): Decision[] => (policy.ignoresFailure ? [] : [{ message }])
  if (policy.conditions.length > 0) {
    const held = conditionsHold(policy.conditions, subject)
    if (held.error !== undefined) return failed(held.error)
    if (!held.matches) return []
  }
  try {
    return [...validate(policy, subject), ...annotate(policy, subject)]
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message)
    throw error
  }
}

function validate({ compiled, ignoresFailure }: Policy<Validations>, subject: Subject): Decision[] {
  const evaluations = new Evaluations(subject, RUNTIME_BUDGET)
  const outcomes = compiled.validations.map(({ expression }) => evaluations.evaluate(expression))
  const messages = new Evaluations(subject, evaluations.budget)
  return compiled.validations.flatMap((validation, i): Decision[] => {
    const outcome = outcomes[i]!
    if ('error' in outcome) return ignoresFailure ? [] : [{ message: outcome.error }]
    if (outcome.value === true) return []
    const { reason = 'Invalid', message, expression } = validation
    const shown = messageOf(validation, messages) || message || `failed expression: ${expression.source.trim()}`
    return [{ message: shown, reason }]
  })
}

/** '' when the expression says nothing usable. */
function messageOf({ messageExpression }: Validation, evaluations: Evaluations): string {
  if (!messageExpression) return ''
  const outcome = evaluations.evaluate(messageExpression)
  const text = 'value' in outcome && typeof outcome.value === 'string' ? outcome.value.trim() : ''
  return Buffer.byteLength(text) > MAX_MESSAGE_BYTES || text.includes('\n') ? '' : text
}

/** DEVIATION(no-audit-log): nothing is annotated, nor is the action Audit done. An expression that fails denies all the same. */
function annotate({ compiled, ignoresFailure }: Policy<Validations>, subject: Subject): Decision[] {
  if (compiled.annotations.length === 0) return []
  const evaluations = new Evaluations(subject, RUNTIME_BUDGET)
  return compiled.annotations.flatMap((expression): Decision[] => {
    const outcome = evaluations.evaluate(expression)
    return 'error' in outcome && !ignoresFailure ? [{ message: outcome.error, always: true }] : []
  })
}

const CODES: Record<string, number> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 }

function denied(request: AdmissionRequest, { policy, binding, message, reason = 'Invalid' }: Denial): StatusError {
  const by = binding === undefined ? `'${policy}'` : `'${policy}' with binding '${binding}'`
  const text = `${NAME} ${by} denied request: ${message}`
  const { status } = refuse(request, text)
  const causes = [...(status.details?.causes ?? []), { message: text }]
  return new StatusError({ ...status, reason, code: CODES[reason] ?? 422, details: { ...status.details, causes } })
}
