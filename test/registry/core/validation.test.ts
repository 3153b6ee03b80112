/** Common mistakes of every core kind: our causes are those a real kube-apiserver answered. Recorded by tools/record. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isStatusError, newAlreadyExists, newInvalid, type StatusCause } from '../../../src/apimachinery/errors.ts'
import type { FieldError } from '../../../src/apimachinery/field-error.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { ResourceHooks, WriteContext } from '../../../src/registry/definition.ts'
import { resources } from '../../../src/registry/resources.ts'
import { invalids, nameIsDnsSubdomain, uniqueErrors } from '../../../src/registry/validation.ts'
import { decoded } from '../../support/decoded.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

interface Recorded {
  resource: string
  name: string
  old?: DynamicObject
  request: DynamicObject
  causes: StatusCause[]
}

const url = new URL('../../golden/core/validation.json', import.meta.url)
const recorded = JSON.parse(readFileSync(url, 'utf8')) as Recorded[]
const CLUSTER_SCOPED = ['namespaces', 'nodes', 'persistentvolumes']

const toCauses = (errors: FieldError[]): StatusCause[] =>
  newInvalid({ group: '', resource: 'Kind' }, 'name', uniqueErrors(errors)).status.details?.causes ?? []

function clusterLikeTheRecorded(): WriteContext {
  const context = fakeWriteContext({
    settings: { serviceCidr: '10.0.0.0/24', nodePortRange: { from: 30000, to: 32767 } },
  })
  const taken = newAlreadyExists({ group: 'networking.k8s.io', resource: 'ipaddresses' }, '10.0.0.1')
  const create: WriteContext['writer']['create'] = (resource, object) =>
    object.metadata.name === '10.0.0.1' ? Promise.reject(taken) : context.writer.create(resource, object)
  return { ...context, writer: { ...context.writer, create } }
}

async function answer({ resource, old, request }: Recorded): Promise<StatusCause[]> {
  const hooks = resources.find((row) => row.group === '' && row.resource === resource)!.hooks as ResourceHooks
  const context = clusterLikeTheRecorded()
  const draft = decoded<DynamicObject>(request)
  const namespaced = !CLUSTER_SCOPED.includes(resource)
  if (namespaced) draft.metadata.namespace ??= 'default'
  const before = old && decoded<DynamicObject>(old)
  hooks.internalize?.(draft)
  try {
    if (before) hooks.prepareForUpdate?.(draft, before, context)
    else hooks.prepareForCreate?.(draft, context)
    await hooks.begin?.(draft, before, context)
  } catch (error) {
    if (isStatusError(error)) return error.status.details?.causes ?? []
    throw error
  }
  const { name = '' } = draft.metadata
  const meta = invalids('metadata.name', name, (hooks.validateName ?? nameIsDnsSubdomain)(name, false))
  const errors = before
    ? (hooks.validateUpdate?.(draft, before, context) ?? hooks.validate?.(draft, context) ?? [])
    : (hooks.validate?.(draft, context) ?? [])
  return toCauses([...meta, ...errors])
}

/**
 * Labels are checked for every kind alike, by the store. The recorded server ran without --allow-privileged, which every real cluster sets.
 */
function sorted(causes: StatusCause[]): StatusCause[] {
  const own = causes.filter(
    ({ field, message }) => field !== 'metadata.labels' && !message?.endsWith('disallowed by cluster policy'),
  )
  return own.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

describe.each([...new Set(recorded.map((one) => one.resource))])('validation of %s', (resource) => {
  it.each(recorded.filter((one) => one.resource === resource))('answers as recorded: $name', async (one) => {
    // The recording leaves the megabyte out.
    if (one.name === 'too large') one.request.data = { a: 'x'.repeat(1048577) }
    expect(sorted(await answer(one))).toEqual(sorted(one.causes))
  })
})
