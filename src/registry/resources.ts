/** THE TABLE: one row a served resource, in discovery order. What is common to all is facts; a row with hooks has a file of its own. */

import {
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
} from './admissionregistration/admissionregistration.ts'
import { customresourcedefinitions } from './apiextensions/customresourcedefinitions.ts'
import { apiservices } from './apiregistration/apiservices.ts'
import { controllerrevisions } from './apps/controllerrevisions.ts'
import { daemonsets } from './apps/daemonsets.ts'
import { deployments } from './apps/deployments.ts'
import { replicasets } from './apps/replicasets.ts'
import { statefulsets } from './apps/statefulsets.ts'
import { selfsubjectreviews, tokenreviews } from './authentication/reviews.ts'
import {
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
} from './authorization/reviews.ts'
import { horizontalpodautoscalers, horizontalpodautoscalersV1 } from './autoscaling/horizontalpodautoscalers.ts'
import { cronjobs } from './batch/cronjobs.ts'
import { jobs } from './batch/jobs.ts'
import { certificatesigningrequests } from './certificates/certificatesigningrequests.ts'
import { clustertrustbundles, podcertificaterequests } from './certificates/trust.ts'
import { leases } from './coordination/leases.ts'
import { bindings } from './core/bindings.ts'
import { componentstatuses } from './core/componentstatuses.ts'
import { configmaps } from './core/configmaps.ts'
import { endpoints } from './core/endpoints.ts'
import { events as coreEvents } from './core/events.ts'
import { limitranges } from './core/limitranges.ts'
import { namespaces } from './core/namespaces.ts'
import { nodes } from './core/nodes.ts'
import { persistentvolumeclaims } from './core/persistentvolumeclaims.ts'
import { persistentvolumes } from './core/persistentvolumes.ts'
import { pods } from './core/pods.ts'
import { podtemplates } from './core/podtemplates.ts'
import { replicationcontrollers } from './core/replicationcontrollers.ts'
import { resourcequotas } from './core/resourcequotas.ts'
import { secrets } from './core/secrets.ts'
import { serviceaccounts } from './core/serviceaccounts.ts'
import { services } from './core/services.ts'
import type { ResourceRow } from './definition.ts'
import { endpointslices } from './discovery/endpointslices.ts'
import { events } from './events/events.ts'
import { flowschemas, prioritylevelconfigurations } from './flowcontrol/flowcontrol.ts'
import { ingressclasses } from './networking/ingressclasses.ts'
import { ingresses } from './networking/ingresses.ts'
import { ipaddresses } from './networking/ipaddresses.ts'
import { networkpolicies } from './networking/networkpolicies.ts'
import { servicecidrs } from './networking/servicecidrs.ts'
import { runtimeclasses } from './node/runtimeclasses.ts'
import { poddisruptionbudgets } from './policy/poddisruptionbudgets.ts'
import { clusterrolebindings, rolebindings } from './rbac/rolebindings.ts'
import { clusterroles, roles } from './rbac/roles.ts'
import {
  deviceclasses,
  devicetaintrules,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
} from './resource/resource.ts'
import { priorityclasses } from './scheduling/priorityclasses.ts'
import { csidrivers } from './storage/csidrivers.ts'
import { csinodes } from './storage/csinodes.ts'
import { csistoragecapacities } from './storage/csistoragecapacities.ts'
import { storageclasses } from './storage/storageclasses.ts'
import { volumeattachments } from './storage/volumeattachments.ts'
import { volumeattributesclasses } from './storage/volumeattributesclasses.ts'
import { storageversionmigrations } from './storagemigration/storageversionmigrations.ts'

export const resources: ResourceRow[] = [
  bindings,
  componentstatuses,
  configmaps,
  endpoints,
  coreEvents,
  limitranges,
  namespaces,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  podtemplates,
  replicationcontrollers,
  resourcequotas,
  secrets,
  serviceaccounts,
  services,
  apiservices,
  controllerrevisions,
  daemonsets,
  deployments,
  replicasets,
  statefulsets,
  events,
  selfsubjectreviews,
  tokenreviews,
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
  horizontalpodautoscalers,
  horizontalpodautoscalersV1,
  cronjobs,
  jobs,
  certificatesigningrequests,
  clustertrustbundles,
  podcertificaterequests,
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
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
  customresourcedefinitions,
  priorityclasses,
  leases,
  runtimeclasses,
  endpointslices,
  deviceclasses,
  devicetaintrules,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
  flowschemas,
  prioritylevelconfigurations,
  storageversionmigrations,
]
