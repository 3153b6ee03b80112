/** Node selectors and node affinity, required and preferred. Mirrors plugins/nodeaffinity. */
import type { Node, NodeAffinity, NodeSelectorTerm, PreferredSchedulingTerm } from '../../../types/core-v1.ts'
import { type NodeTest, termsTest, termTest } from '../node-selector.ts'
import { final, normalizeByMost, type Plugin, type PodFilter, type Refusal } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'

const NOT_SELECTED = final("node(s) didn't match Pod's node affinity/selector")
const NOT_ENFORCED = final("node(s) didn't match scheduler-enforced node affinity")
const CONFLICT = final('pod affinity terms conflict')

/** `added`: what every pod of the profile wants besides its own. */
export function nodeAffinity(args: { addedAffinity?: NodeAffinity } = {}): Plugin {
  const { addedAffinity } = args
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const enforced = required && termsTest(required.nodeSelectorTerms)
  const added = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return {
    name: 'NodeAffinity',
    hints: [
      {
        on: ['nodes/add', 'nodes/labels'],
        helps({ matches = () => true }, { object, old }) {
          if (enforced && !enforced(object as Node)) return false
          return matches(object as Node) && (!old || !matches(old as Node))
        },
      },
    ],
    preFilter: (pod) => filterOf(pod, enforced),
    preScore({ pod }) {
      const own = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
      const preferred = [...added, ...own].map(liking)
      if (preferred.length === 0) return undefined
      return {
        score: ({ node }) => preferred.reduce((sum, { weight, test }) => sum + (test(node) ? weight : 0), 0),
        normalize: (scores) => normalizeByMost(scores),
      }
    },
  }
}

const liking = ({ weight, preference }: PreferredSchedulingTerm) => ({ weight, test: termTest(preference) })

function filterOf({ pod, matches }: PodInfo, enforced: NodeTest | undefined): PodFilter | Refusal | undefined {
  if (!matches && !enforced) return undefined
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const only = terms && namesIn(terms)
  if (only?.size === 0) return CONFLICT
  return {
    only,
    filter({ node }) {
      if (enforced && !enforced(node)) return NOT_ENFORCED
      return !matches || matches(node) ? undefined : NOT_SELECTED
    },
  }
}

/** The nodes that all terms name; undefined: a term does not name any. */
function namesIn(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const names = new Set<string>()
  for (const { matchFields = [] } of terms) {
    const lists = matchFields.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In')
    if (lists.length === 0) return undefined
    for (const name of lists[0].values ?? []) if (lists.every(({ values }) => values?.includes(name))) names.add(name)
  }
  return names
}
