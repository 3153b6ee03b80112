/** Which taints a pod bears. Mirrors component-helpers/scheduling/corev1/helpers.go. */
import type { Taint, Toleration } from '../types/core-v1.ts'

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  if (toleration.operator && toleration.operator !== 'Equal') return false
  return (toleration.value ?? '') === (taint.value ?? '')
}

export function toleratesAll(tolerations: readonly Toleration[] | undefined, taints: readonly Taint[]): boolean {
  return taints.every((taint) => tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false)
}
