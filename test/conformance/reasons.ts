/** Why a recorded answer is not given: every known difference has one of these slugs. The first rule that fits a difference is its reason. */
import type { Difference } from './main.ts'

export interface Reason {
  slug: string
  /** For docs/compatibility.md: what differs, and why it stays. */
  why: string
  /** Areas: `pods`, `sequences/pods`. Absent: all. */
  area?: RegExp
  /** Names of cases. Absent: all. */
  id?: RegExp
  /** What --verbose says of the difference. Absent: anything. */
  says?: RegExp
}

/** Narrow rules first. One that no difference needs any more fails a test. */
export const reasons: readonly Reason[] = [
  {
    slug: 'order-of-causes',
    why: 'The causes are the same; they come in another order where several rules are broken at once',
    says: /^422 \.(?:message|details\.causes)/,
  },
  {
    slug: 'empty-list-unowned',
    why: "Once decoded, an empty list or map is as good as absent, so it is nobody's in managedFields; the real server tells them apart",
    id: /(?:empty|null|delete)(?: |$)/,
    says: /managedFields/,
  },
  {
    slug: 'empty-shown-as-null',
    why: 'As above: a message shows null for an empty list or map',
    says: /Invalid value: .*(?:\{\}|\[\]).*\+.*Invalid value: .*null/,
  },
  {
    slug: 'status-a-moment-later',
    why: 'The real server writes the status of these by a request of its own, a moment after the creation or deletion; here it is there at once, and so versions and events between differ',
    area: /^sequences\/(?:flowschemas|customresourcedefinitions|namespaces)\b/,
    says: /resourceVersion|MODIFIED|DELETED|managedFields|409->200|200->404/,
  },
  {
    slug: 'api-service-columns',
    why: 'A watch of APIServices as tables repeats the columns with every event; here they come once, as for every other kind',
    area: /^sequences\/apiservices\b/,
    id: /^watch as a table/,
  },
  {
    slug: 'internal-annotations',
    why: "Partial metadata is made of upstream's internal object, which has no annotation for the template generation yet",
    area: /^sequences\/daemonsets\b/,
    says: /template\.generation/,
  },
  {
    slug: 'bookmark-zeros',
    why: "The empty object of a bookmark prints defaults of upstream's conversion: `replicas: 0`",
    id: /^watch with initial events$/,
    says: /\.object\.spec\.replicas/,
  },
  {
    slug: 'deprecation-of-refusals',
    why: 'Whether a request that is refused early (406, 415) still warns of a deprecated kind',
    area: /^sequences\/endpoints$/,
    says: /^step \d+: headers/,
  },
  {
    slug: 'patched-object-text',
    why: 'A patched object that cannot be decoded is quoted whole: in these kinds the text differs in the order of its fields',
    area: /^sequences\//,
    says: /- patch: Invalid value/,
  },
  {
    slug: 'port-out-of-range',
    why: "Upstream's allocator goes on from a node port out of range, and fails with 500 on ports that are given twice",
    area: /^services$/,
  },
  {
    slug: 'held-by-another-case',
    why: 'An address or a port that another case of the recording still held',
    area: /^sequences\/services$/,
    says: /already allocated|healthCheckNodePort/,
  },
  {
    slug: 'unknown-conversion',
    why: 'A body of kind Status where another kind is expected: the text of the 400',
    says: /unknown conversion/,
  },
  {
    slug: 'written-once-more',
    why: 'The real server writes the object once more, or once less: nothing but resourceVersion shows it',
    area: /^sequences\/(?:pods|persistentvolumeclaims)$/,
    says: /resourceVersion/,
  },
  {
    slug: 'generated-addresses',
    why: 'No name can be generated for an IPAddress: the text shows the name before and not after the suffix was added',
    area: /^sequences\/ipaddresses/,
  },
  {
    slug: 'custom-corners',
    why: 'Corners of custom resources: which types the text of a body that cannot be read names, columns of Scale, the order of checks of their doors',
    area: /gadgets/,
  },
  {
    slug: 'generated-names',
    why: 'Kinds with newer checks of names tell only what is wrong with the generated one, here the prefix is told too; or the prefix is shown instead',
    id: /^create with a generated name$/,
  },
  {
    slug: 'events-of-two-groups',
    why: 'Some texts about an Event name the group that it is stored in and not the one that was asked',
    area: /^sequences\/events/,
  },
  {
    slug: 'short-circuits',
    why: 'Where a declared rule fails, the real server leaves out some of the others on the same value',
    area: /^prioritylevelconfigurations/,
  },
]

/** The slug of the reason, if there is one. */
export function reasonOf({ area, id, text }: Difference): string | undefined {
  return reasons.find((reason) => {
    return (reason.area?.test(area) ?? true) && (reason.id?.test(id) ?? true) && (reason.says?.test(text) ?? true)
  })?.slug
}
