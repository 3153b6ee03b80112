/** What the sandbox of a pod needs before its containers. Mirrors pkg/kubelet/kuberuntime/kuberuntime_sandbox.go and pkg/kubelet/runtimeclass. */
import type { AddressPool } from './addresses.ts'
import type { PodStep } from './pod-step.ts'

export interface NodeAddresses {
  host: readonly string[]
  /** Takes addresses for the pod when it has none; empty: there are none left. */
  pod(): readonly string[]
  /** Where they are from. */
  pools: readonly AddressPool[]
}

/** How often it is tried, ms. */
const RETRY_MS = 10_000

/**
 * The addresses of the pod, whose sandbox is made; none: it cannot be made yet. What stands in the way is said at each attempt: a RuntimeClass that
 * went since the pod was admitted, or a node that has no address left.
 */
export function makeSandbox(step: PodStep, addresses: NodeAddresses): readonly string[] {
  const { memory, now } = step
  const missing = missingRuntimeClass(step)
  const own = missing ? [] : step.pod.spec?.hostNetwork ? addresses.host : addresses.pod()
  if (own.length > 0) return own
  if (!missing) step.missAddress()
  if (now >= (memory.sandboxAt ?? now)) {
    const why = missing ?? shortage(addresses.pools)
    step.podEvent('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`)
    memory.sandboxAt = now + RETRY_MS
  }
  step.wake(memory.sandboxAt as number)
  return own
}

function missingRuntimeClass(step: PodStep): string | undefined {
  const name = step.pod.spec?.runtimeClassName
  if (!name || step.findClusterScoped('runtimeclasses.node.k8s.io', name)) return undefined
  return `runtimeclass.node.k8s.io "${name}" not found`
}

/** In the words of the network plug-in (ptp with host-local) and of containerd, which asks it. */
function shortage(pools: readonly AddressPool[]): string {
  const at = pools.findIndex(({ isFull }) => isFull)
  const problem = `failed to allocate for range ${at}: no IP addresses available in range set: ${pools[at]?.range}`
  return `rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="ptp" failed (add): ${problem}`
}
