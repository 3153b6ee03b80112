/** ingresses. Mirrors pkg/registry/networking/ingress/strategy.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateIngress, validateIngressClassAnnotation, validateIngressStatus } from './ingresses.validation.ts'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const SHOWN_HOSTS = 3

export const ingresses = defineResource('networking.k8s.io/v1', 'ingresses', {
  prepareForCreate(ingress) {
    ingress['status'] = { loadBalancer: {} }
  },
  validate: (ingress) => [...validateIngress(ingress['spec']), ...validateIngressClassAnnotation(ingress)],
  validateUpdate: ({ spec }, old) => validateIngress(spec, old['spec']),
  warnings(ingress, old) {
    const newly = ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined
    return newly && !old
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : []
  },
  row: (ingress, context) => [
    ingress.metadata.name ?? '',
    ingress['spec'].ingressClassName ?? '<none>',
    hosts(ingress),
    addresses(ingress),
    ingress['spec'].tls?.length ? '80, 443' : '80',
    age(ingress, context),
  ],
  subresources: { status: { validateUpdate: validateIngressStatus } },
})

/** Upstream counts rules, with and without a host, once three hosts were found. */
function hosts({ spec }: DynamicObject): string {
  const rules: { host?: string }[] = spec.rules ?? []
  const shown: string[] = []
  let more = false
  for (const { host } of rules) {
    if (shown.length === SHOWN_HOSTS) more = true
    else if (host) shown.push(host)
  }
  if (shown.length === 0) return '*'
  return more ? `${shown.join()} + ${rules.length - SHOWN_HOSTS} more...` : shown.join()
}

function addresses({ status }: DynamicObject): string {
  const points: { ip?: string; hostname?: string }[] = status?.loadBalancer?.ingress ?? []
  const all = points.map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '')
  return [...new Set(all)].sort().join()
}
