/** ResourceQuota: what a namespace may hold, counted against status.hard. Mirrors apiserver/pkg/admission/plugin/resourcequota. */
import { isConflict } from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { addResources, parseResources, type Resources } from '../../apimachinery/pod-resources.ts'
import {
  compareQuantities,
  formatQuantity,
  isZeroQuantity,
  type Quantity,
  quantitySign,
  subtractQuantities,
} from '../../apimachinery/quantity.ts'
import type { WriteContext } from '../definition.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { refuse } from './refuse.ts'
import { countsFor, evaluatorOf, isCounted, type QuotaEvaluator } from './resource-quota.evaluators.ts'

const RETRIES = 3

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  concerns: isCounted,
  validate(request, context) {
    if (request.namespace === '' || !request.object) return
    const quotas = context.reader.list('resourcequotas', request.namespace)
    if (quotas.length === 0) return
    const evaluator = evaluatorOf(request)
    if (evaluator) return charge(request, context, evaluator)
  },
}

/** Undefined when nothing is to be written, so that the write stays synchronous. */
function charge(
  request: AdmissionRequest,
  context: WriteContext,
  evaluator: QuotaEvaluator,
): Promise<void> | undefined {
  const changed = charges(request, context, evaluator)
  if (changed.length === 0 || context.dryRun) return undefined
  return record(request, context, evaluator, changed, RETRIES)
}

interface Charge {
  quota: DynamicObject
  used: Resources
}

/** Quotas first, the object after: what is counted and then not created is given back by the quota controller. */
async function record(
  request: AdmissionRequest,
  context: WriteContext,
  evaluator: QuotaEvaluator,
  changed: Charge[],
  retries: number,
): Promise<void> {
  for (const { quota, used } of changed) {
    const { name = '', namespace = '', resourceVersion } = quota.metadata
    try {
      const texts = Object.fromEntries(Object.entries(used).map(([key, amount]) => [key, formatQuantity(amount)]))
      await context.writer.update(
        'resourcequotas',
        namespace,
        name,
        (old) => ({
          ...old,
          metadata: { ...old.metadata, ...(resourceVersion ? { resourceVersion } : {}) },
          status: { ...old['status'], used: texts },
        }),
        'status',
      )
    } catch (error) {
      if (!isConflict(error) || retries === 0) throw error
      // Somebody else was counted meanwhile: this quota is looked at again.
      const again = charges(request, context, evaluator).filter((it) => it.quota.metadata.name === name)
      await record(request, context, evaluator, again, retries - 1)
    }
  }
}

/** The quotas that this write changes and what they will have in use. Refuses what does not fit. */
function charges(request: AdmissionRequest, context: WriteContext, evaluator: QuotaEvaluator): Charge[] {
  const object = request.object as DynamicObject
  const quotas = context.reader.list('resourcequotas', request.namespace)
  const usage = evaluator.usage(object)
  return quotas.flatMap((quota) => {
    const hard = parseResources(quota['status']?.hard)
    const names = Object.keys(hard).filter((name) => evaluator.counts(name))
    if (names.length === 0 || !countsFor(quota, object, evaluator)) return []
    const { name } = quota.metadata
    const missing = evaluator.missing?.(names, object)
    if (missing) throw refuse(request, `failed quota: ${name}: ${missing}`)
    const used = parseResources(quota['status']?.used)
    if (names.some((it) => !used[it])) {
      throw refuse(request, `status unknown for quota: ${name}, resources: ${names.sort().join(',')}`)
    }
    const delta = select(nonZero(changeOf(request, quota, usage, evaluator)), (it) => hard[it] !== undefined)
    if (Object.keys(delta).length === 0) return []
    const next = addResources(used, delta)
    const exceeded = Object.keys(delta).filter(
      (it) => compareQuantities(next[it] as Quantity, hard[it] as Quantity) > 0,
    )
    if (exceeded.length > 0 && request.subresource !== 'status') {
      const show = (list: Resources): string => print(select(list, (it) => exceeded.includes(it)))
      const why = `exceeded quota: ${name}, requested: ${show(delta)}, used: ${show(used)}, limited: ${show(hard)}`
      throw refuse(request, why)
    }
    return [{ quota, used: next }]
  })
}

/** An update is charged for what it adds, unless the old object was not counted here. */
function changeOf(
  request: AdmissionRequest,
  quota: DynamicObject,
  usage: Resources,
  evaluator: QuotaEvaluator,
): Resources {
  const old = request.old as DynamicObject | undefined
  if (request.operation !== 'UPDATE' || !old || !countsFor(quota, old, evaluator)) return usage
  const before = evaluator.usage(old)
  const change: Resources = {}
  for (const [name, amount] of Object.entries(usage)) {
    const was = before[name]
    const difference = was ? subtractQuantities(amount, was) : amount
    if (quantitySign(difference) > 0) change[name] = difference
  }
  return change
}

function select(list: Resources, keep: (name: string) => boolean): Resources {
  return Object.fromEntries(Object.entries(list).filter(([name]) => keep(name)))
}

const nonZero = (list: Resources): Resources =>
  Object.fromEntries(Object.entries(list).filter(([, amount]) => !isZeroQuantity(amount)))

function print(list: Resources): string {
  const names = Object.keys(list).sort()
  return names.map((name) => `${name}=${formatQuantity(list[name] as Quantity)}`).join(',')
}
