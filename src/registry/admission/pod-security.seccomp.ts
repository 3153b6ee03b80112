/** Seccomp profiles, which both levels look at. Mirrors k8s.io/pod-security-admission/policy/check_seccompProfile_{baseline,restricted}.go. */
import { quote } from '../../apimachinery/go-text.ts'
import {
  type AnyContainer,
  type CheckPod,
  containersOf,
  namedContainers,
  plural,
  quoted,
  settersOf,
  sorted,
} from './pod-security.outcome.ts'

const POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod'
const CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/'
const REASON = 'seccompProfile'

const isGood = (type: string): boolean => type === 'Localhost' || type === 'RuntimeDefault'
const isBad = (type: string | undefined): type is string => type !== undefined && !isGood(type)
const typeOf = ({ securityContext }: AnyContainer): string | undefined => securityContext?.seccompProfile?.type

const isGoodAnnotation = (value: string): boolean =>
  value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')

/** Before there were fields. */
export const seccompAnnotations: CheckPod = ({ spec, annotations }) => {
  const keys = [POD_ANNOTATION, ...containersOf(spec).map(({ name }) => CONTAINER_ANNOTATION + name)]
  const forbidden = sorted(
    keys.flatMap((key) => {
      const value = annotations[key]
      return value === undefined || isGoodAnnotation(value) ? [] : [`${key}=${quote(value)}`]
    }),
  )
  if (forbidden.length === 0) return undefined
  return {
    reason: REASON,
    detail: `forbidden ${plural('annotation', 'annotations', forbidden.length)} ${forbidden.join(', ')}`,
  }
}

/** Nothing but a good profile may be set. */
export const seccompProfile: CheckPod = ({ spec }) => {
  const ofPod = spec.securityContext?.seccompProfile?.type
  const bad = containersOf(spec).filter((container) => isBad(typeOf(container)))
  const setters = settersOf(isBad(ofPod), bad)
  if (setters.length === 0) return undefined
  const values = quoted(sorted([ofPod, ...bad.map(typeOf)].filter(isBad)))
  return {
    reason: REASON,
    detail: `${setters.join(' and ')} must not set securityContext.seccompProfile.type to ${values}`,
  }
}

/** A good profile must be set, for the pod or for each container. */
export const seccompProfileRequired: CheckPod = (pod) => {
  const wrong = seccompProfile(pod)
  if (wrong || pod.spec.securityContext?.seccompProfile) return wrong
  const without = containersOf(pod.spec).filter(({ securityContext }) => !securityContext?.seccompProfile)
  if (without.length === 0) return undefined
  const must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return { reason: REASON, detail: `pod or ${namedContainers(without)} ${must}` }
}
