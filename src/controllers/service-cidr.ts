/** Ranges of cluster IPs: ready when they are there, kept while addresses are from them alone. Mirrors kubernetes pkg/controller/servicecidrs. */
import { formatTime } from '../apimachinery/clock.ts'
import { type Cidr, type Ip, isUsable, overlap, parseCidr, parseIp } from '../apimachinery/ip.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Condition } from '../types/meta-v1.ts'
import type { ServiceCIDR } from '../types/networking-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController, type Key } from './controller.ts'

const RANGES = 'servicecidrs.networking.k8s.io'
const ADDRESSES = 'ipaddresses.networking.k8s.io'
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'
const ALLOCATOR = 'ipallocator.k8s.io'
/** Allocators have seen by then that a range is being deleted. */
const GRACE_MS = 10_000
const IN_USE = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>
const READY: Verdict = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
const TERMINATING: Verdict = { status: 'False', reason: 'Terminating', message: IN_USE }

export const serviceCidr = defineController({
  name: 'service-cidr',
  component: 'service-cidr-controller',
  for: RANGES,
  watches: [
    {
      resource: RANGES,
      when: (_range, old) => !old,
      keys: (range, context) => overlapping(range, context).map(nameKey),
    },
    {
      resource: ADDRESSES,
      when: (_address, old) => !old,
      keys: (address, context) => containing(address, context).map(nameKey),
    },
  ],
  async reconcile({ name }, context) {
    const range = context.lister<ServiceCIDR>(RANGES).get('', name)
    if (!range) return
    const { deletionTimestamp, finalizers } = range.metadata
    const held = finalizers?.includes(FINALIZER) ?? false
    if (!deletionTimestamp) {
      if (!held) await patchFinalizers(context, name, { finalizers: [FINALIZER] })
      return writeCondition(context, range, READY)
    }
    if (!isFree(range, context)) return writeCondition(context, range, TERMINATING)
    const left = Date.parse(deletionTimestamp) + GRACE_MS - context.clock.now()
    if (left > 0) return { requeueAfterMs: left }
    if (held) await patchFinalizers(context, name, { '$deleteFromPrimitiveList/finalizers': [FINALIZER] })
  },
})

async function patchFinalizers({ client }: ControllerContext, name: string, metadata: object): Promise<void> {
  await ignoreNotFound(client.patch(RANGES, '', name, 'strategic', { metadata }))
}

async function writeCondition(
  { client, clock }: ControllerContext,
  range: ServiceCIDR,
  verdict: Verdict,
): Promise<void> {
  const known = range.status?.conditions?.find(({ type }) => type === 'Ready')
  const { status, reason, message } = verdict
  if (known && known.status === status && known.reason === reason && known.message === message) return
  const ready: Condition = { type: 'Ready', ...verdict, lastTransitionTime: formatTime(clock.now()) }
  const written = client.modify<ServiceCIDR>(
    RANGES,
    '',
    range.metadata.name ?? '',
    (old) => {
      const others = (old.status?.conditions ?? []).filter(({ type }) => type !== 'Ready')
      return { ...old, status: { ...old.status, conditions: [...others, ready] } }
    },
    { subresource: 'status' },
  )
  await ignoreNotFound(written)
}

/** Whether no Service's address is from this range alone, or another range holds it whole. */
function isFree(range: ServiceCIDR, context: ControllerContext): boolean {
  const others = context
    .lister<ServiceCIDR>(RANGES)
    .list()
    .filter((each) => each !== range)
  const own = cidrsOf(range)
  const isInside = (cidr: Cidr): boolean =>
    others.some((other) => cidrsOf(other).some((wide) => wide.prefixLength <= cidr.prefixLength && overlap(wide, cidr)))
  if (own.every(isInside)) return true
  return context
    .lister(ADDRESSES)
    .list()
    .every((address) => {
      const ip = allocated(address)
      return !ip || !holds(range, ip) || others.some((other) => holds(other, ip))
    })
}

/** Ranges that may go, or may not, now that there is this one. */
function overlapping(range: KubeObject, { lister }: ControllerContext): readonly ServiceCIDR[] {
  const own = cidrsOf(range)
  return lister<ServiceCIDR>(RANGES)
    .list()
    .filter((other) => cidrsOf(other).some((cidr) => own.some((mine) => overlap(mine, cidr))))
}

function containing(address: KubeObject, { lister }: ControllerContext): readonly ServiceCIDR[] {
  const ip = allocated(address)
  if (!ip) return []
  return lister<ServiceCIDR>(RANGES)
    .list()
    .filter((range) => holds(range, ip))
}

/** Undefined for an address that somebody else looks after. */
function allocated({ metadata }: KubeObject): Ip | undefined {
  return metadata.labels?.[MANAGED_BY] === ALLOCATOR ? parseIp(metadata.name ?? '') : undefined
}

const nameKey = ({ metadata }: KubeObject): Key => ({ namespace: '', name: metadata.name ?? '' })
const cidrsOf = (range: ServiceCIDR): Cidr[] => (range.spec?.cidrs ?? []).flatMap((text) => parseCidr(text) ?? [])

function holds(range: ServiceCIDR, ip: Ip): boolean {
  return cidrsOf(range).some((cidr) => isUsable(cidr, ip))
}
