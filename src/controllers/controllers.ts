/** THE TABLE of controllers, in the order in which they start. Adding one is a file and a row here. */
import { attachDetach } from './attach-detach/attach-detach.ts'
import { clusterroleAggregation } from './clusterrole-aggregation.ts'
import type { ControllerDefinition } from './controller.ts'
import { cronjob } from './cronjob/cronjob.ts'
import { csrApproving, csrCleaner, csrSigning } from './csr.ts'
import { daemonset } from './daemonset/daemonset.ts'
import { deployment } from './deployment/deployment.ts'
import { deviceTaintEviction } from './device-taint-eviction/device-taint-eviction.ts'
import { disruption } from './disruption/disruption.ts'
import { endpoints } from './endpoints.ts'
import { endpointslice } from './endpointslice/endpointslice.ts'
import { endpointslicemirroring } from './endpointslicemirroring.ts'
import { ephemeralVolume } from './ephemeral-volume.ts'
import { externalAttacher } from './external-attacher.ts'
import { garbageCollector } from './garbage-collector/garbage-collector.ts'
import { horizontalPodAutoscaler } from './hpa/hpa.ts'
import { ingressAddress } from './ingress-address.ts'
import { job } from './job/job.ts'
import { kubelet } from './kubelet/kubelet.ts'
import { namespace } from './namespace/namespace.ts'
import { nodeIpam } from './node-ipam.ts'
import { nodeLifecycle } from './node-lifecycle/node-lifecycle.ts'
import { podGarbageCollector } from './pod-garbage-collector.ts'
import { pvProtection } from './pv-protection.ts'
import { pvcProtection } from './pvc-protection.ts'
import { replicaset } from './replicaset.ts'
import { replicationcontroller } from './replicationcontroller.ts'
import { resourceClaim } from './resource-claim.ts'
import { resourcequota } from './resourcequota.ts'
import { rootCaCertificatePublisher } from './root-ca-certificate-publisher.ts'
import { scheduler } from './scheduler/scheduler.ts'
import { serviceCidr } from './service-cidr.ts'
import { serviceLb } from './service-lb.ts'
import { serviceaccount } from './serviceaccount.ts'
import { serviceaccountToken } from './serviceaccount-token.ts'
import { stage } from './stages/stages.ts'
import { statefulset } from './statefulset/statefulset.ts'
import { taintEviction } from './taint-eviction.ts'
import { ttl } from './ttl.ts'
import { ttlAfterFinished } from './ttl-after-finished.ts'
import { validatingAdmissionPolicyStatus } from './validatingadmissionpolicy-status.ts'
import { volumeBinder } from './volume-binder/volume-binder.ts'
import { volumeExpander } from './volume-expander.ts'
import { volumeProvisioner } from './volume-provisioner.ts'
import { volumeResizer } from './volume-resizer.ts'

export const controllers: readonly ControllerDefinition[] = [
  serviceaccount,
  serviceaccountToken,
  rootCaCertificatePublisher,
  clusterroleAggregation,
  nodeIpam,
  namespace,
  garbageCollector,
  deployment,
  replicaset,
  replicationcontroller,
  statefulset,
  daemonset,
  cronjob,
  job,
  ttlAfterFinished,
  kubelet,
  stage,
  nodeLifecycle,
  taintEviction,
  deviceTaintEviction,
  scheduler,
  endpoints,
  endpointslice,
  endpointslicemirroring,
  disruption,
  horizontalPodAutoscaler,
  ephemeralVolume,
  resourceClaim,
  volumeBinder,
  volumeProvisioner,
  attachDetach,
  externalAttacher,
  volumeExpander,
  volumeResizer,
  pvcProtection,
  pvProtection,
  podGarbageCollector,
  serviceCidr,
  serviceLb,
  ingressAddress,
  csrApproving,
  csrSigning,
  csrCleaner,
  ttl,
  resourcequota,
  validatingAdmissionPolicyStatus,
]

export function controllerNames(): string[] {
  return controllers.map(({ name }) => name)
}

/**
 * As `--controllers` says it: true for all, false for none, or names; `*` stands for all and `-name` takes one away (alone, from all).
 * Throws on an unknown name.
 */
export function selectControllers(wanted: boolean | readonly string[]): ControllerDefinition[] {
  if (typeof wanted === 'boolean') return wanted ? [...controllers] : []
  const names = new Set<string>(wanted.every((name) => name.startsWith('-')) ? controllerNames() : [])
  for (const word of wanted) {
    const name = word.replace(/^-/, '')
    if (name === '*') for (const each of controllerNames()) names.add(each)
    else if (!controllerNames().includes(name))
      throw new Error(`no controller is called ${JSON.stringify(name)}; there are: ${controllerNames().join(', ')}`)
    else if (word.startsWith('-')) names.delete(name)
    else names.add(name)
  }
  return controllers.filter(({ name }) => names.has(name))
}
