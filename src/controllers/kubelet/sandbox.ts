/** What the sandbox of a pod needs before its containers. Mirrors pkg/kubelet/kuberuntime/kuberuntime_sandbox.go and pkg/kubelet/runtimeclass. */
import type { PodStep } from './pod-step.ts'

/** How often it is tried, ms. */
const RETRY_MS = 10_000

/** Whether the pod's RuntimeClass is there, which may have gone since the pod was admitted. What stands in the way is said at each attempt. */
export function hasRuntimeClass(step: PodStep): boolean {
  const { memory, now } = step
  const name = step.pod.spec?.runtimeClassName
  if (!name || step.findClusterScoped('runtimeclasses.node.k8s.io', name)) return true
  if (now >= (memory.sandboxAt ?? now)) {
    const why = `runtimeclass.node.k8s.io "${name}" not found`
    step.podEvent('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`)
    memory.sandboxAt = now + RETRY_MS
  }
  step.wake(memory.sandboxAt as number)
  return false
}
