/** What a pod asks for and may use as a whole. Mirrors k8s.io/component-helpers/resource/helpers.go. */
import type { DynamicObject } from './meta.ts'
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts'

export type Resources = Record<string, Quantity>

interface Container {
  restartPolicy?: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

/** Pod-level resources say the whole of these, whatever the containers say. */
const POD_LEVEL = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')

export function parseResources(list: Record<string, string | number> | undefined): Resources {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(String(text))]))
}

export function addResources(a: Resources, b: Resources): Resources {
  const sum = { ...a }
  for (const [name, amount] of Object.entries(b)) sum[name] = sum[name] ? addQuantities(sum[name], amount) : amount
  return sum
}

function maxResources(a: Resources, b: Resources): Resources {
  const max = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const other = max[name]
    if (!other || compareQuantities(amount, other) > 0) max[name] = amount
  }
  return max
}

/**
 * Containers and sidecars run together; each other init container runs alone with the sidecars started before it. `overhead` is added
 * by callers that want it.
 */
export function podResources(spec: DynamicObject['spec'], which: 'requests' | 'limits'): Resources {
  const of = ({ resources }: Container): Resources => parseResources(resources?.[which])
  let total = (spec.containers ?? []).reduce((sum: Resources, it: Container) => addResources(sum, of(it)), {})
  let sidecars: Resources = {}
  let starting: Resources = {}
  for (const container of (spec.initContainers ?? []) as Container[]) {
    if (container.restartPolicy === 'Always') {
      total = addResources(total, of(container))
      sidecars = addResources(sidecars, of(container))
      starting = maxResources(starting, sidecars)
    } else starting = maxResources(starting, addResources(of(container), sidecars))
  }
  total = maxResources(total, starting)
  for (const [name, amount] of Object.entries(parseResources(spec.resources?.[which]))) {
    if (POD_LEVEL(name)) total[name] = amount
  }
  return total
}
