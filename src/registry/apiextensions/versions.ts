/** Order of API versions: v2, v1, v1beta2, v1beta1, v1alpha1, then all others by name. Mirrors apimachinery/pkg/version/helpers.go. */

const KUBE_VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/
const STAGES: Record<string, number> = { alpha: 0, beta: 1 }

/** Sorts the most stable and newest first. */
export function compareVersions(a: string, b: string): number {
  const left = rank(a)
  const right = rank(b)
  if (!left || !right) {
    if (left || right) return left ? -1 : 1
    return a < b ? -1 : a > b ? 1 : 0
  }
  for (let i = 0; i < left.length; i++) {
    const difference = right[i]! - left[i]!
    if (difference !== 0) return difference
  }
  return 0
}

function rank(version: string): number[] | undefined {
  const match = KUBE_VERSION.exec(version)
  if (!match) return undefined
  const [, major, stage, minor] = match
  return [stage ? STAGES[stage]! : 2, Number(major), Number(minor ?? 0)]
}
