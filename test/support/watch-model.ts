/** What watchers must see, worked out from what the writer did and from nothing else. */

/** State that selectors can ask for. */
export interface Shape {
  namespace: string
  name: string
  labels: Record<string, string>
  /** The one field that field selectors of the tests ask for. */
  field: string
}

export interface Fact {
  revision: number
  before: Shape | undefined
  after: Shape | undefined
}

export interface Selection {
  query: { labelSelector?: string; fieldSelector?: string; namespace?: string }
  matches(shape: Shape): boolean
}

export const told = (type: string, { namespace, name }: Shape, revision: number | string): string =>
  `${type} ${namespace}/${name} @${revision}`

/** Events of a watch that starts after `from`. */
export function eventsAfter(facts: readonly Fact[], from: number, selection: Selection): string[] {
  const events: string[] = []
  for (const { revision, before, after } of facts) {
    if (revision <= from) continue
    const was = before !== undefined && selection.matches(before)
    const is = after !== undefined && selection.matches(after)
    if (is) events.push(told(was ? 'MODIFIED' : 'ADDED', after, revision))
    else if (was) events.push(told('DELETED', before, revision))
  }
  return events
}

/** A writer that remembers: names, labels and the field are drawn at random. */
export class Model {
  readonly facts: Fact[] = []
  readonly state = new Map<string, { shape: Shape; revision: number }>()
  readonly #draw: (below: number) => number
  readonly #namespaces: readonly string[]

  constructor(draw: (below: number) => number, namespaces: readonly string[]) {
    this.#draw = draw
    this.#namespaces = namespaces
  }

  /** The next write: an object as it is now (undefined: not there) and as it shall be (undefined: deleted). */
  next(): { before: Shape | undefined; after: Shape | undefined } {
    const namespace = this.#namespaces[this.#draw(this.#namespaces.length)] ?? ''
    const name = `o${this.#draw(40)}`
    const before = this.state.get(`${namespace}/${name}`)?.shape
    if (before && this.#draw(4) === 0) return { before, after: undefined }
    const labels: Record<string, string> = { app: 'abc'[this.#draw(3)] ?? '', round: String(this.facts.length) }
    if (this.#draw(2) === 0) labels.tier = String(this.#draw(5))
    return { before, after: { namespace, name, labels, field: this.#draw(2) === 0 ? 'true' : 'false' } }
  }

  wrote(before: Shape | undefined, after: Shape | undefined, revision: number): void {
    this.facts.push({ revision, before, after })
    const { namespace, name } = (after ?? before) as Shape
    if (after) this.state.set(`${namespace}/${name}`, { shape: after, revision })
    else this.state.delete(`${namespace}/${name}`)
  }

  /** ADDED for what is there now, in the order of keys. */
  present(selection: Selection): string[] {
    return [...this.state]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([, { shape }]) => selection.matches(shape))
      .map(([, { shape, revision }]) => told('ADDED', shape, revision))
  }

  selection(fields: readonly string[]): Selection {
    const ways: (() => Selection)[] = [
      () => ({ query: {}, matches: () => true }),
      () => ({ query: { labelSelector: 'app=a' }, matches: ({ labels }) => labels.app === 'a' }),
      () => ({ query: { labelSelector: 'app!=a' }, matches: ({ labels }) => labels.app !== 'a' }),
      () => ({
        query: { labelSelector: 'app in (b,c),tier' },
        matches: ({ labels }) => /[bc]/.test(labels.app ?? '') && 'tier' in labels,
      }),
      () => ({ query: { labelSelector: '!tier' }, matches: ({ labels }) => !('tier' in labels) }),
      () => ({ query: { labelSelector: 'tier>2' }, matches: ({ labels }) => Number(labels.tier ?? 0) > 2 }),
      () => ({ query: { fieldSelector: 'metadata.name=o7' }, matches: ({ name }) => name === 'o7' }),
      () => ({
        query: { fieldSelector: 'metadata.name!=o7', labelSelector: 'app=b' },
        matches: ({ name, labels }) => name !== 'o7' && labels.app === 'b',
      }),
      ...this.#namespaces.filter(Boolean).map((namespace) => () => ({
        query: { namespace },
        matches: (shape: Shape) => shape.namespace === namespace,
      })),
      ...fields.flatMap((field) => [
        () => ({ query: { fieldSelector: `${field}=true` }, matches: (shape: Shape) => shape.field === 'true' }),
        () => ({
          query: { fieldSelector: `${field}!=true`, labelSelector: 'tier' },
          matches: (shape: Shape) => shape.field !== 'true' && 'tier' in shape.labels,
        }),
      ]),
    ]
    return (ways[this.#draw(ways.length)] as () => Selection)()
  }
}
