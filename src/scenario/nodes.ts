/** Emulated nodes as the kubelet of a small Linux machine would register them. */
import type { DynamicObject } from '../apimachinery/meta.ts'

/** `node-1` and so on: a worker. Its status is the emulated kubelet's to fill. */
export function nodeObject(number: number): DynamicObject {
  const name = `node-${number}`
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
    },
  }
}
