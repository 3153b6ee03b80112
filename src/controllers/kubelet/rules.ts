/** What users say containers do: the spec of a ContainerBehavior, or an annotation of the pod, compiled. */
import { load } from 'js-yaml'
import { parseDuration } from '../../apimachinery/duration.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Container, Pod } from '../../types/core-v1.ts'
import type { Behaviour } from './behaviour.ts'
import { imageOf } from './images.ts'

/** Of all containers of a pod; `behavior.kubemu.dev/NAME` is of one. The text is the behaviour as YAML: `{exitsAfter: 5s, exitCode: 3}`. */
export const POD_ANNOTATION = 'kubemu.dev/behavior'
const CONTAINER_ANNOTATION = 'behavior.kubemu.dev/'

export interface BehaviourRule {
  behaviour: Behaviour
}

/** `spec` of a ContainerBehavior. What the selector names has to match in all its parts; one without parts matches every container. */
export interface BehaviourSpec {
  selector?: {
    /** Patterns with `*`, of the name as written or in full. */
    images?: string[]
    /** Patterns with `*`, of command and arguments with a space between. */
    commands?: string[]
    /** Names. */
    containers?: string[]
    namespaces?: string[]
    matchLabels?: Record<string, string>
    matchAnnotations?: Record<string, string>
  }
  behavior?: BehaviourText
}

/** As people write it: durations such as `1m30s`. */
interface BehaviourText {
  exitsAfter?: string
  exitCode?: number
  reason?: string
  message?: string
  times?: number
  startsAfter?: string
  readyAfter?: string
  ready?: boolean
  livenessFailsAfter?: string
  stopsAfter?: string
  stopExitCode?: number
  pulledAfter?: string
  pullError?: string
  postStartsAfter?: string
  postStartError?: string
  resizedAfter?: string
  resizeInfeasible?: string
  resizeError?: string
}

export const BEHAVIOR_RESOURCE = 'containerbehaviors.kubemu.dev'

export interface CompiledRule extends BehaviourRule {
  matches(pod: Pod, container: Container): boolean
}

/** A rule, or what is wrong with it. */
export type Compiled = { rule: CompiledRule; problem?: undefined } | { rule?: undefined; problem: string }

const kept = new WeakMap<KubeObject, Compiled>()

/** Compiled once for each version of the ContainerBehavior. */
export function compileRule(object: KubeObject): Compiled {
  let compiled = kept.get(object)
  if (!compiled) {
    try {
      compiled = { rule: compileSpec((object as unknown as { spec?: BehaviourSpec }).spec ?? {}) }
    } catch (error) {
      compiled = { problem: (error as Error).message }
    }
    kept.set(object, compiled)
  }
  return compiled
}

const DURATIONS: Record<string, keyof Behaviour> = {
  exitsAfter: 'exitsAfterMs',
  startsAfter: 'startsAfterMs',
  readyAfter: 'readyAfterMs',
  livenessFailsAfter: 'livenessFailsAfterMs',
  stopsAfter: 'stopsAfterMs',
  pulledAfter: 'pulledAfterMs',
  postStartsAfter: 'postStartsAfterMs',
  resizedAfter: 'resizedAfterMs',
}
const PLAIN: Record<string, string> = {
  exitCode: 'number',
  reason: 'string',
  message: 'string',
  times: 'number',
  ready: 'boolean',
  stopExitCode: 'number',
  pullError: 'string',
  postStartError: 'string',
  resizeInfeasible: 'string',
  resizeError: 'string',
}

/** Throws with a message for people on a member that is none or has no such value. */
export function compileBehaviour(text: object): Behaviour {
  const behaviour: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(text)) {
    const duration = DURATIONS[name]
    if (duration) behaviour[duration] = Number(parseDuration(String(value)) / 1_000_000n)
    else if (PLAIN[name] === undefined)
      throw new Error(
        `no behavior is called ${JSON.stringify(name)}; there are: ${Object.keys({ ...DURATIONS, ...PLAIN }).join(', ')}`,
      )
    else if (typeof value === PLAIN[name]) behaviour[name] = value
    else throw new Error(`${name} is a ${PLAIN[name]}, not ${JSON.stringify(value)}`)
  }
  // A way to end is an end, at once when nothing else is said.
  if (behaviour['exitCode'] !== undefined || behaviour['times'] !== undefined) behaviour['exitsAfterMs'] ??= 0
  return behaviour
}

function compileSpec({ selector = {}, behavior = {} }: BehaviourSpec): CompiledRule {
  const { images, commands, containers, namespaces, matchLabels = {}, matchAnnotations = {} } = selector
  const imagePatterns = images?.map(patternOf)
  const commandPatterns = commands?.map(patternOf)
  return {
    behaviour: compileBehaviour(behavior),
    matches(pod, container) {
      const { metadata } = pod
      return (
        (!namespaces || namespaces.includes(metadata.namespace ?? '')) &&
        (!containers || containers.includes(container.name)) &&
        (!imagePatterns || matchesImage(imagePatterns, container.image ?? '')) &&
        (!commandPatterns || commandPatterns.some((pattern) => pattern.test(wordsOf(container)))) &&
        holds(matchLabels, metadata.labels) &&
        holds(matchAnnotations, metadata.annotations)
      )
    },
  }
}

const matchesImage = (patterns: readonly RegExp[], image: string): boolean =>
  patterns.some((pattern) => pattern.test(image) || pattern.test(imageOf(image).name))

const wordsOf = ({ command = [], args = [] }: Container): string => [...command, ...args].join(' ')

const holds = (wanted: Record<string, string>, present: Record<string, string> = {}): boolean =>
  Object.entries(wanted).every(([key, value]) => present[key] === value)

function patternOf(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

const annotated = new WeakMap<object, Map<string, BehaviourRule | undefined>>()

/** What the pod's own annotations say of a container. Throws as compileBehaviour. */
export function annotationRule({ metadata }: Pod, { name }: Container): BehaviourRule | undefined {
  const { annotations } = metadata
  if (!annotations) return undefined
  let rules = annotated.get(annotations)
  if (!rules) {
    rules = new Map()
    annotated.set(annotations, rules)
  }
  if (!rules.has(name)) rules.set(name, ruleOf(annotations[POD_ANNOTATION], annotations[CONTAINER_ANNOTATION + name]))
  return rules.get(name)
}

function ruleOf(ofPod: string | undefined, ofContainer: string | undefined): BehaviourRule | undefined {
  if (ofPod === undefined && ofContainer === undefined) return undefined
  return { behaviour: { ...compileText(ofPod), ...compileText(ofContainer) } }
}

function compileText(text: string | undefined): Behaviour {
  const value = text === undefined ? {} : load(text)
  if (typeof value !== 'object' || value === null)
    throw new Error(`a behavior is a mapping, not ${JSON.stringify(text)}`)
  return compileBehaviour(value)
}
