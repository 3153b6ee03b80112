/** THE TABLE: one row a served resource, in discovery order. What is common to all is facts; a row with hooks has a file of its own. */

import { controllerrevisions } from './apps/controllerrevisions.ts'
import { daemonsets } from './apps/daemonsets.ts'
import { deployments } from './apps/deployments.ts'
import { replicasets } from './apps/replicasets.ts'
import { statefulsets } from './apps/statefulsets.ts'
import { horizontalpodautoscalers, horizontalpodautoscalersV1 } from './autoscaling/horizontalpodautoscalers.ts'
import { cronjobs } from './batch/cronjobs.ts'
import { jobs } from './batch/jobs.ts'
import { leases } from './coordination/leases.ts'
import { defineResource, type ResourceRow } from './definition.ts'
import { endpointslices } from './discovery/endpointslices.ts'
import { ingressclasses } from './networking/ingressclasses.ts'
import { ingresses } from './networking/ingresses.ts'
import { ipaddresses } from './networking/ipaddresses.ts'
import { networkpolicies } from './networking/networkpolicies.ts'
import { servicecidrs } from './networking/servicecidrs.ts'
import { runtimeclasses } from './node/runtimeclasses.ts'
import { poddisruptionbudgets } from './policy/poddisruptionbudgets.ts'
import { clusterrolebindings, rolebindings } from './rbac/rolebindings.ts'
import { clusterroles, roles } from './rbac/roles.ts'
import { priorityclasses } from './scheduling/priorityclasses.ts'
import { csidrivers } from './storage/csidrivers.ts'
import { csinodes } from './storage/csinodes.ts'
import { csistoragecapacities } from './storage/csistoragecapacities.ts'
import { storageclasses } from './storage/storageclasses.ts'
import { volumeattachments } from './storage/volumeattachments.ts'
import { volumeattributesclasses } from './storage/volumeattributesclasses.ts'

export const resources: ResourceRow[] = [
  defineResource('v1', 'bindings'),
  defineResource('v1', 'componentstatuses'),
  defineResource('v1', 'configmaps'),
  defineResource('v1', 'endpoints'),
  defineResource('v1', 'events'),
  defineResource('v1', 'limitranges'),
  defineResource('v1', 'namespaces'),
  defineResource('v1', 'nodes'),
  defineResource('v1', 'persistentvolumeclaims'),
  defineResource('v1', 'persistentvolumes'),
  defineResource('v1', 'pods'),
  defineResource('v1', 'podtemplates'),
  defineResource('v1', 'replicationcontrollers'),
  defineResource('v1', 'resourcequotas'),
  defineResource('v1', 'secrets'),
  defineResource('v1', 'serviceaccounts'),
  defineResource('v1', 'services'),
  defineResource('apiregistration.k8s.io/v1', 'apiservices'),
  controllerrevisions,
  daemonsets,
  deployments,
  replicasets,
  statefulsets,
  defineResource('events.k8s.io/v1', 'events'),
  defineResource('authentication.k8s.io/v1', 'selfsubjectreviews'),
  defineResource('authentication.k8s.io/v1', 'tokenreviews'),
  defineResource('authorization.k8s.io/v1', 'localsubjectaccessreviews'),
  defineResource('authorization.k8s.io/v1', 'selfsubjectaccessreviews'),
  defineResource('authorization.k8s.io/v1', 'selfsubjectrulesreviews'),
  defineResource('authorization.k8s.io/v1', 'subjectaccessreviews'),
  horizontalpodautoscalers,
  horizontalpodautoscalersV1,
  cronjobs,
  jobs,
  defineResource('certificates.k8s.io/v1', 'certificatesigningrequests'),
  defineResource('certificates.k8s.io/v1', 'clustertrustbundles'),
  defineResource('certificates.k8s.io/v1', 'podcertificaterequests'),
  ingressclasses,
  ingresses,
  ipaddresses,
  networkpolicies,
  servicecidrs,
  poddisruptionbudgets,
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
  defineResource('admissionregistration.k8s.io/v1', 'mutatingadmissionpolicies'),
  defineResource('admissionregistration.k8s.io/v1', 'mutatingadmissionpolicybindings'),
  defineResource('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations'),
  defineResource('admissionregistration.k8s.io/v1', 'validatingadmissionpolicies'),
  defineResource('admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings'),
  defineResource('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'),
  defineResource('apiextensions.k8s.io/v1', 'customresourcedefinitions'),
  priorityclasses,
  leases,
  runtimeclasses,
  endpointslices,
  defineResource('resource.k8s.io/v1', 'deviceclasses'),
  defineResource('resource.k8s.io/v1', 'devicetaintrules'),
  defineResource('resource.k8s.io/v1', 'resourceclaims'),
  defineResource('resource.k8s.io/v1', 'resourceclaimtemplates'),
  defineResource('resource.k8s.io/v1', 'resourceslices'),
  defineResource('flowcontrol.apiserver.k8s.io/v1', 'flowschemas'),
  defineResource('flowcontrol.apiserver.k8s.io/v1', 'prioritylevelconfigurations'),
  defineResource('storagemigration.k8s.io/v1', 'storageversionmigrations'),
]
