/** Common mistakes of every core kind: our causes are those a real kube-apiserver answered. Recorded by tools/record. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isStatusError, type StatusCause } from '../../../src/apimachinery/errors.ts'
import { type FieldError, fieldErrorMessage, fieldErrorReason } from '../../../src/apimachinery/field-error.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { ResourceHooks, WriteContext } from '../../../src/registry/definition.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../../../src/registry/object-meta.ts'
import { resources } from '../../../src/registry/resources.ts'
import { nameIsDnsSubdomain } from '../../../src/registry/validation.ts'
import { decoded } from '../../support/decoded.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

interface Recorded {
  resource: string
  name: string
  old?: DynamicObject
  request: DynamicObject
  causes: StatusCause[]
}

const url = new URL('../../golden/validation/core.json', import.meta.url)
const recorded = JSON.parse(readFileSync(url, 'utf8')) as Recorded[]
const CLUSTER_SCOPED = ['namespaces', 'nodes', 'persistentvolumes']

/** Causes whose text the emulator knowingly leaves shorter (DEVIATION immutable-spec-diff). */
const withoutDiff = (cause: StatusCause): StatusCause => ({
  ...cause,
  message: cause.message?.replace(/\n(?:---|@@)[^]*$/, '').trimEnd(),
})

function toCauses(errors: FieldError[]): StatusCause[] {
  return errors.map((error) => ({
    reason: fieldErrorReason(error),
    message: fieldErrorMessage(error, false),
    field: error.field === '' ? '<nil>' : error.field,
  }))
}

function clusterLikeTheRecorded(): WriteContext {
  const context = fakeWriteContext({
    settings: { serviceCidr: '10.0.0.0/24', nodePortRange: { from: 30000, to: 32767 }, podCidr: '10.244.0.0/16' },
  })
  context.put('ipaddresses.networking.k8s.io', { metadata: { name: '10.0.0.1' } } as DynamicObject)
  return context
}

async function answer({ resource, old, request }: Recorded): Promise<StatusCause[]> {
  const hooks = resources.find((row) => row.group === '' && row.resource === resource)!.hooks as ResourceHooks
  const context = clusterLikeTheRecorded()
  const draft = decoded<DynamicObject>(request)
  const namespaced = !CLUSTER_SCOPED.includes(resource)
  if (namespaced) draft.metadata.namespace ??= 'default'
  const before = old && decoded<DynamicObject>(old)
  try {
    if (before) hooks.prepareForUpdate?.(draft, before, context)
    else hooks.prepareForCreate?.(draft, context)
    await hooks.begin?.(draft, before, context)
  } catch (error) {
    if (isStatusError(error)) return error.status.details?.causes ?? []
    throw error
  }
  const meta = before
    ? validateObjectMetaUpdate(draft.metadata, before.metadata)
    : validateObjectMeta(draft.metadata, namespaced, hooks.validateName ?? nameIsDnsSubdomain)
  const validate = before ? (hooks.validateUpdate ?? hooks.validate) : hooks.validate
  return toCauses([...meta, ...(validate?.(draft, before as DynamicObject, context as never) ?? [])])
}

function sorted(causes: StatusCause[]): StatusCause[] {
  return causes.map(withoutDiff).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

describe.each([...new Set(recorded.map((one) => one.resource))])('validation of %s', (resource) => {
  it.each(recorded.filter((one) => one.resource === resource))('answers as recorded: $name', async (one) => {
    // The recording leaves the megabyte out.
    if (one.name === 'too large') one.request.data = { a: 'x'.repeat(1048577) }
    expect(sorted(await answer(one))).toEqual(sorted(one.causes))
  })
})
