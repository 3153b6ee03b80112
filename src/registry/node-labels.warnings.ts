/** Labels of nodes that have newer names. Mirrors pkg/api/node/util.go. */
import type { LabelSelector } from '../apimachinery/meta.ts'
import { isLabelValue } from '../apimachinery/names.ts'
import type { NodeSelector, NodeSelectorTerm } from '../types/core-v1.ts'

const DEPRECATED_LABELS: Record<string, string> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

export function deprecatedNodeLabel(label: string): string | undefined {
  return Object.hasOwn(DEPRECATED_LABELS, label) ? DEPRECATED_LABELS[label] : undefined
}

export function labelKeysWarnings(labels: Record<string, string> | undefined, at: (label: string) => string): string[] {
  return Object.keys(labels ?? {}).flatMap((label) => {
    const message = deprecatedNodeLabel(label)
    return message ? [`${at(label)}: ${message}`] : []
  })
}

/** `withValues`: warns of values that are no label values, where validation lets them be. */
export function nodeTermWarnings(term: NodeSelectorTerm | undefined, path: string, withValues: boolean): string[] {
  return (term?.matchExpressions ?? []).flatMap((expression, i) => {
    const at = `${path}.matchExpressions[${i}]`
    const message = deprecatedNodeLabel(expression.key)
    const warnings = message ? [`${at}.key: ${expression.key} is ${message}`] : []
    if (!withValues) return warnings
    const values = (expression.values ?? []).flatMap((value, v) =>
      isLabelValue(value).map((why) => `${at}.values[${v}]: ${value} is invalid, ${why}`),
    )
    return [...warnings, ...values]
  })
}

export function nodeSelectorWarnings(selector: NodeSelector | undefined, path: string): string[] {
  return (selector?.nodeSelectorTerms ?? []).flatMap((term, i) =>
    nodeTermWarnings(term, `${path}.nodeSelectorTerms[${i}]`, false),
  )
}

/** Of a label selector that picks nodes. */
export function nodeLabelSelectorWarnings(selector: LabelSelector | undefined, path: string): string[] {
  return [
    ...nodeTermWarnings({ matchExpressions: selector?.matchExpressions } as NodeSelectorTerm, path, false),
    ...labelKeysWarnings(selector?.matchLabels, (label) => `${path}.matchLabels.${label}`),
  ]
}
