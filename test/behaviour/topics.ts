/** The lists of requests by topic. */
import type { Step } from '../support/player.ts'
import { connects } from './connect.ts'
import { create } from './create.ts'
import { deletion } from './deletion.ts'
import { identity } from './identity.ts'
import { limits } from './limits.ts'
import { list } from './list.ts'
import { negotiation } from './negotiation.ts'
import { optional } from './optional.ts'
import { patch } from './patch.ts'
import { paths } from './paths.ts'
import { podSecurity } from './pod-security.ts'
import { quotas } from './quota.ts'
import { resizing } from './resize.ts'
import { subresources } from './subresources.ts'
import { update } from './update.ts'
import { watch } from './watch.ts'

export const topics: Record<string, readonly Step[]> = {
  paths,
  create,
  update,
  patch,
  deletion,
  list,
  watch,
  negotiation,
  subresources,
  podsecurity: podSecurity,
  resize: resizing,
  identity,
  quota: quotas,
  limits,
  optional,
  connect: connects,
}
