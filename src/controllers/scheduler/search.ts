/** Looks for a node for one pod: which nodes fit, and which of them is the best. Mirrors pkg/scheduler/schedule_one.go. */
import type { Random } from '../../apimachinery/random.ts'
import { Findings } from './findings.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nominations } from './nominations.ts'
import { final, isRefusal, type Plugin, type PodFilter, type Refusal, type World } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'
import type { Profile } from './profile.ts'

/** Below this number all nodes are looked at; above, a part of them that shrinks to 5 %, taking turns. */
const FEWEST_NODES = 100

interface Asked {
  plugin: Plugin
  filter: PodFilter
}

/** What the plugins said about one pod. */
export interface Search {
  pod: PodInfo
  /** Those that have something to check, in order. */
  asked: readonly Asked[]
  /** Why it can go to no node at all. */
  refused?: Refusal
  /** Why nodes that were looked at do not fit, by name. */
  refusals: Map<string, Refusal>
  /** The only nodes that come into question; undefined: all. */
  only?: readonly NodeInfo[]
  /** Why nodes that were not looked at do not. */
  absent: Refusal
  refusedBy: Set<string>
}

export interface SearchOptions {
  profile: Profile
  world: World
  nominations: Nominations
  random: Random
  turn: Turn
}

/** What goes from one search to the next. */
export interface Turn {
  /** Where the last one stopped: nodes are looked at in turns. */
  next: number
  findings?: Findings
}

/** The best node, or undefined: then the search says why. */
export function findNode(pod: PodInfo, options: SearchOptions): { search: Search; node?: NodeInfo } {
  const search = begin(pod, options)
  if (search.refused) return { search }
  const nominated = options.world.cache.node(pod.pod.status?.nominatedNodeName ?? '')
  if (nominated && !refusalOf(search, nominated, options.nominations)) return { search, node: nominated }
  const findings = look(search, options)
  options.turn.findings = findings
  const { fitting } = findings
  return { search, node: fitting.length > 1 ? best(search, findings, options) : fitting[0] }
}

function begin(pod: PodInfo, { profile, world }: SearchOptions): Search {
  const asked: Asked[] = []
  const search: Search = { pod, asked, refusals: new Map(), absent: final(), refusedBy: new Set() }
  let only: ReadonlySet<string> | undefined
  const limiting: string[] = []
  for (const plugin of profile.plugins) {
    const said = plugin.preFilter?.(pod, world)
    if (!said) continue
    if (isRefusal(said)) {
      search.refused = said
      search.refusedBy.add(plugin.name)
      // What others could not mend ends it; else the rest is asked, too, for the sake of preemption.
      if (!said.resolvable) break
      continue
    }
    asked.push({ plugin, filter: said })
    if (!said.only) continue
    limiting.push(plugin.name)
    only = only ? new Set([...said.only].filter((name) => only!.has(name))) : said.only
  }
  if (only && !search.refused) limit(search, only, limiting.sort(), world)
  return search
}

/** Only the named nodes are looked at; the others count as refused. */
function limit(search: Search, only: ReadonlySet<string>, names: readonly string[], { cache }: World): void {
  if (only.size === 0) {
    const which = names.length === 1 ? `plugin ${names[0]}` : `plugin(s) [${names.join(' ')}] simultaneously`
    search.refused = final(`node(s) didn't satisfy ${which}`)
    for (const name of names) search.refusedBy.add(name)
    return
  }
  for (const name of names) search.refusedBy.add(name)
  search.absent = final(`node(s) didn't satisfy plugin(s) [${names.join(' ')}]`)
  search.only = [...only].flatMap((name) => cache.node(name) ?? [])
}

function look(search: Search, { profile, world, nominations, turn }: SearchOptions): Findings {
  const { cache } = world
  const key = nominations.none ? keyOf(search, profile) : undefined
  if (turn.findings?.holds(key, cache, (node) => !ask(search, node))) return turn.findings
  const nodes = search.only ?? cache.nodes
  const wanted = enoughNodes(nodes.length, profile.percentageOfNodesToScore)
  const fitting: NodeInfo[] = []
  const start = turn.next
  let seen = 0
  for (; seen < nodes.length && fitting.length < wanted; seen++) {
    const node = nodes[(start + seen) % nodes.length]
    const refusal = refusalOf(search, node, nominations)
    if (refusal) search.refusals.set(node.name, refusal)
    else fitting.push(node)
  }
  turn.next = (start + seen) % Math.max(1, cache.nodes.length)
  // Where no node fits, the next pod has to be told why, too.
  const isWhole = seen === cache.nodes.length && fitting.length > 0
  return new Findings(isWhole ? key : undefined, fitting, cache)
}

/** Pods of the same key fit the same nodes; undefined: a filter cannot say so. */
function keyOf({ asked }: Search, { schedulerName }: Profile): string | undefined {
  let text = schedulerName
  for (const { plugin, filter } of asked) {
    if (!filter.filter) continue
    if (filter.key === undefined) return undefined
    text += `\n${plugin.name} ${filter.key}`
  }
  return text
}

function enoughNodes(all: number, percentage: number): number {
  if (all < FEWEST_NODES) return all
  const percent = percentage || Math.max(5, 50 - Math.floor(all / 125))
  return Math.max(FEWEST_NODES, Math.floor((all * percent) / 100))
}

/** Why the pod cannot go to the node. Room that more important pods are about to take counts as taken. */
export function refusalOf(search: Search, node: NodeInfo, nominations: Nominations): Refusal | undefined {
  const nominated = nominations.at(node.name)
  if (nominated.length === 0) return ask(search, node)
  const coming = nominated.filter((other) => isAhead(other, search.pod))
  if (coming.length === 0) return ask(search, node)
  const crowded = node.copy()
  for (const other of coming) {
    crowded.add(other)
    shift(search, other, crowded, 1)
  }
  const refusal = ask(search, crowded)
  for (const other of coming) shift(search, other, crowded, -1)
  // They may not come after all, and the pod must not need them.
  return refusal ?? ask(search, node)
}

const isAhead = (other: PodInfo, pod: PodInfo): boolean => other.uid !== pod.uid && other.priority >= pod.priority

function ask({ asked, refusedBy }: Search, node: NodeInfo): Refusal | undefined {
  for (const { plugin, filter } of asked) {
    const refusal = filter.filter?.(node)
    if (!refusal) continue
    refusedBy.add(plugin.name)
    return refusal
  }
  return undefined
}

/** All plugins take it that a pod is on the node, or is not. */
export function shift({ asked }: Search, other: PodInfo, node: NodeInfo, by: 1 | -1): void {
  for (const { filter } of asked) filter.shift?.(other, node, by)
}

/** The one with the highest score; among equals one by chance, as upstream. */
function best(search: Search, findings: Findings, { profile, world, random }: SearchOptions): NodeInfo {
  const nodes = findings.fitting
  const totals = totalScores(search, findings, profile, world)
  let chosen = 0
  let equals = 0
  for (let i = 0; i < nodes.length; i++) {
    if (totals[i] > totals[chosen] || equals === 0) {
      chosen = i
      equals = 1
    } else if (totals[i] === totals[chosen] && random.next() * ++equals < 1) chosen = i
  }
  return nodes[chosen]
}

function totalScores(
  { pod, asked }: Search,
  findings: Findings,
  { plugins, weights }: Profile,
  world: World,
): Float64Array {
  const nodes = findings.fitting
  const totals = new Float64Array(nodes.length)
  for (const plugin of plugins) {
    const weight = weights.get(plugin.name) ?? 0
    if (weight === 0 || !plugin.preScore) continue
    const filter = asked.find((each) => each.plugin === plugin)?.filter
    const scorer = plugin.preScore(pod, nodes, world, filter)
    if (!scorer) continue
    let scores = findings.scores(plugin, scorer)
    if (scorer.normalize) {
      const normalized = scores.slice()
      scorer.normalize(normalized, nodes)
      scores = normalized
    }
    for (let i = 0; i < nodes.length; i++) totals[i] += weight * scores[i]
  }
  return totals
}
