/** pods/resize: cpu and memory of running containers. Mirrors pkg/registry/core/pod/strategy.go (dropNonResizeUpdates) and ValidatePodResize. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, forbidden, index, invalid } from '../../apimachinery/field-error.ts'
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../types/core-v1.ts'
import { qosClassOf } from './pod-qos.ts'
import { validateAnnotationsAndSpec } from './pods.validation.ts'

type List = Record<string, string | number> | undefined

const LISTS = ['containers', 'initContainers'] as const

/** The old spec with the new resources and resize policies; containers that were added, removed or renamed are left for validation to refuse. */
export function keepResizable(pod: Pod, old: Pod): PodSpec {
  const [spec, before] = [pod.spec ?? ({} as PodSpec), old.spec ?? ({} as PodSpec)]
  const same = LISTS.every((list) => (spec[list]?.length ?? 0) === (before[list]?.length ?? 0))
  if (!same) return spec
  const next: PodSpec = { ...before, containers: mergeResources(spec.containers, before.containers) ?? [] }
  if (before.initContainers) next.initContainers = mergeResources(spec.initContainers, before.initContainers)
  const resources = spec.resources ?? before.resources
  if (resources) next.resources = resources
  return next
}

function mergeResources(list: Container[] | undefined, old: Container[] | undefined): Container[] | undefined {
  if (!list || list.some((container, i) => container.name !== old?.[i].name)) return list
  return list.map(({ resources, resizePolicy }, i) => {
    const merged: Container = { ...old![i], resources }
    if (resizePolicy) merged.resizePolicy = resizePolicy
    else delete merged.resizePolicy
    return merged
  })
}

export function validateResize(pod: Pod, old: Pod): FieldError[] {
  const [spec, before] = [pod.spec ?? ({} as PodSpec), old.spec ?? ({} as PodSpec)]
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    return [forbidden('[]', 'static pods cannot be resized')]
  }
  if (before.os?.name === 'windows') return [forbidden('[]', 'windows pods cannot be resized')]
  const errors = validateAnnotationsAndSpec(pod)
  if ((old.status?.qosClass || qosClassOf(before)) !== qosClassOf(spec)) {
    const detail = 'Pod QOS Class may not change as a result of resizing'
    errors.push(invalid('spec', pod.status?.qosClass ?? '', detail))
  }
  const running = old.status?.containerStatuses?.find((container) => container.state?.running)
  if (running && !running.resources) {
    errors.push(forbidden('spec', 'Pod running on node without support for resize'))
  }
  const order = LISTS.flatMap((list) => validateOrder(spec[list] ?? [], before[list] ?? [], child('spec', list), list))
  if (order.length > 0) return [...errors, ...order]
  errors.push(...validateInitResize(spec.initContainers ?? [], before.initContainers ?? []))
  spec.containers.forEach((container, i) => {
    const was = before.containers[i]
    errors.push(...validateKept(container.resources, was.resources, `spec.containers[${i}].resources`))
    if (!deepEqual(withOldCompute(container, was), was)) {
      errors.push(forbidden('spec', 'only cpu and memory resources are mutable'))
    }
  })
  return errors
}

function validateOrder(list: Container[], old: Container[], path: string, name: string): FieldError[] {
  if (list.length !== old.length) return [forbidden(path, `${name} may not be added or removed on resize`)]
  return old.flatMap((container, i) => {
    const detail = `${name} may not be renamed or reordered on resize`
    return list[i].name === container.name ? [] : [forbidden(child(index(path, i), 'name'), detail)]
  })
}

/** Only sidecars can be resized among init containers. */
function validateInitResize(list: readonly Container[], old: readonly Container[]): FieldError[] {
  return list.flatMap((container, i) => {
    const at = index('spec.initContainers', i)
    if (container.restartPolicy !== 'Always') {
      const same = deepEqual(container, old[i])
      return same ? [] : [forbidden('spec', 'resources for non-sidecar init containers are immutable')]
    }
    const errors = validateKept(container.resources, old[i].resources, child(at, 'resources'))
    if (!deepEqual(withOldCompute(container, old[i]), old[i])) {
      errors.push(forbidden(at, 'only cpu and memory resources for init or sidecar containers are mutable'))
    }
    return errors
  })
}

function validateKept(
  now: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  for (const [list, word] of [
    ['requests', 'request'],
    ['limits', 'limit'],
  ] as const) {
    const lost = Object.keys(old?.[list] ?? {}).some((name) => now?.[list]?.[name] === undefined)
    if (lost) errors.push(forbidden(child(path, list), `resource ${word}s cannot be removed`))
  }
  return errors
}

/** The container as it would be had nobody touched cpu, memory and the resize policy. */
function withOldCompute(container: Container, old: Container): Container {
  const restore = (list: List, was: List): List => {
    if (!list) return was && Object.keys(was).every(isCompute) ? was : list
    const kept = Object.entries(list).filter(([name]) => !isCompute(name))
    const before = Object.entries(was ?? {}).filter(([name]) => isCompute(name))
    const merged = Object.fromEntries([...kept, ...before])
    return Object.keys(merged).length === 0 && !was ? undefined : merged
  }
  const resources = {
    ...container.resources,
    limits: restore(container.resources?.limits as List, old.resources?.limits as List),
    requests: restore(container.resources?.requests as List, old.resources?.requests as List),
  } as ResourceRequirements
  return { ...container, resources }
}

const isCompute = (name: string): boolean => name === 'cpu' || name === 'memory'
