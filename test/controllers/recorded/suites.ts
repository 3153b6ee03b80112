/** THE TABLE of recorded suites. */

import { accounts } from './accounts.cases.ts'
import { attach } from './attach.cases.ts'
import type { Suite } from './case.ts'
import { claims } from './claims.cases.ts'
import { cronjob } from './cronjob.cases.ts'
import { csr } from './csr.cases.ts'
import { daemonset } from './daemonset.cases.ts'
import { deployment } from './deployment.cases.ts'
import { deviceTaints } from './device-taints.cases.ts'
import { disruption } from './disruption.cases.ts'
import { dualStack, nodeNetworks } from './dual-stack.cases.ts'
import { hpa } from './hpa.cases.ts'
import { job } from './job.cases.ts'
import { policies } from './policies.cases.ts'
import { quotas } from './quota.cases.ts'
import { scheduler } from './scheduler.cases.ts'
import { schedulerDevices } from './scheduler-devices.cases.ts'
import { schedulerVolumes } from './scheduler-volumes.cases.ts'
import { serviceCidrs } from './service-cidrs.cases.ts'
import { services } from './services.cases.ts'
import { statefulset } from './statefulset.cases.ts'
import { topology } from './topology.cases.ts'
import { volumes } from './volumes.cases.ts'

export const suites: readonly Suite[] = [
  job,
  cronjob,
  statefulset,
  daemonset,
  volumes,
  hpa,
  csr,
  deployment,
  scheduler,
  services,
  disruption,
  quotas,
  accounts,
  claims,
  schedulerVolumes,
  schedulerDevices,
  deviceTaints,
  serviceCidrs,
  policies,
  topology,
  nodeNetworks,
  dualStack,
  attach,
]
