/** What happens to a pod on its node, as data: a stage applies to the pods it selects, after its delay. The shape is KWOK's Stage; `next.play` takes the place of its status template. */
import type { Random } from '../../apimachinery/random.ts'
import type { Pod } from '../../types/core-v1.ts'

export interface Stage {
  name: string
  selector: { matchExpressions: readonly StageExpression[] }
  /** How long a pod stays selected before the stage is played; absent: not at all. */
  delay?: { durationMilliseconds: number; jitterDurationMilliseconds?: number }
  next: {
    /** `admit`: nothing runs yet. `advance`: whatever is due in the containers. `terminate`: all containers stop. */
    play: 'admit' | 'advance' | 'terminate'
    /** The pod goes, once its containers have stopped. */
    delete?: boolean
  }
}

export interface StageExpression {
  /** A path as in KWOK: `.status.phase`, `.status.conditions.[] | select(.type == "Initialized") | .status`. */
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  values?: readonly string[]
}

const NOT_DELETED: StageExpression = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' }
const ADMITTED: StageExpression = { key: '.status.startTime', operator: 'Exists' }
const INITIALIZED = '.status.conditions.[] | select(.type == "Initialized") | .status'

/** The first that selects a pod is played. Without delays a pod runs in two writes, as under a kubelet that is quick. */
export const podStages: readonly Stage[] = [
  {
    name: 'pod-delete',
    selector: { matchExpressions: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }] },
    next: { play: 'terminate', delete: true },
  },
  {
    name: 'pod-admit',
    selector: {
      matchExpressions: [
        NOT_DELETED,
        { key: '.status.startTime', operator: 'DoesNotExist' },
        { key: '.status.phase', operator: 'In', values: ['Pending'] },
      ],
    },
    next: { play: 'admit' },
  },
  {
    name: 'pod-initialize',
    selector: {
      matchExpressions: [
        NOT_DELETED,
        ADMITTED,
        { key: '.status.phase', operator: 'In', values: ['Pending'] },
        { key: INITIALIZED, operator: 'In', values: ['False'] },
      ],
    },
    next: { play: 'advance' },
  },
  {
    name: 'pod-start',
    selector: {
      matchExpressions: [NOT_DELETED, ADMITTED, { key: '.status.phase', operator: 'In', values: ['Pending'] }],
    },
    next: { play: 'advance' },
  },
  {
    name: 'pod-run',
    selector: {
      matchExpressions: [NOT_DELETED, ADMITTED, { key: '.status.phase', operator: 'In', values: ['Running'] }],
    },
    next: { play: 'advance' },
  },
]

export interface CompiledStage extends Stage {
  selects(pod: Pod): boolean
  delayMs(random: Random): number
}

export function compileStage(stage: Stage): CompiledStage {
  const tests = stage.selector.matchExpressions.map(compileExpression)
  const { durationMilliseconds = 0, jitterDurationMilliseconds } = stage.delay ?? {}
  return {
    ...stage,
    selects: (pod) => tests.every((test) => test(pod)),
    // As KWOK: the jitter is the upper end of the delay.
    delayMs: (random) =>
      jitterDurationMilliseconds === undefined || jitterDurationMilliseconds <= durationMilliseconds
        ? durationMilliseconds
        : durationMilliseconds + random.next() * (jitterDurationMilliseconds - durationMilliseconds),
  }
}

type Values = (value: unknown) => unknown[]

function compileExpression({ key, operator, values = [] }: StageExpression): (pod: Pod) => boolean {
  if (/^(\.\w+)+$/.test(key)) return compileField(key.slice(1).split('.'), operator, values)
  const read = compilePath(key)
  const found = (pod: Pod): unknown[] => read(pod).filter((value) => value !== undefined && value !== null)
  switch (operator) {
    case 'Exists':
      return (pod) => found(pod).length > 0
    case 'DoesNotExist':
      return (pod) => found(pod).length === 0
    case 'In':
      return (pod) => found(pod).some((value) => values.includes(String(value)))
    case 'NotIn':
      return (pod) => !found(pod).some((value) => values.includes(String(value)))
  }
}

/** Most keys are plain fields: every pod event asks for them. */
function compileField(
  names: readonly string[],
  operator: StageExpression['operator'],
  values: readonly string[],
): (pod: Pod) => boolean {
  const positive = operator === 'Exists' || operator === 'In'
  const anyValue = operator === 'Exists' || operator === 'DoesNotExist'
  return (pod) => {
    let value: unknown = pod
    for (const name of names) {
      if (value === undefined || value === null) break
      value = (value as Record<string, unknown>)[name]
    }
    const found = value !== undefined && value !== null && (anyValue || values.includes(String(value)))
    return found === positive
  }
}

/** The part of jq that stages need: fields, `.[]`, `select(.field == "text")` and pipes. Throws on anything else. */
function compilePath(path: string): Values {
  const parts = path.split('|').map((part) => compilePart(part.trim(), path))
  return (value) => parts.reduce<unknown[]>((values, part) => values.flatMap(part), [value])
}

function compilePart(part: string, path: string): Values {
  const select = /^select\(\s*(\.[\w./-]+)\s*==\s*"([^"]*)"\s*\)$/.exec(part)
  if (select) {
    const read = compilePart(select[1], path)
    return (value) => (read(value).some((each) => each === select[2]) ? [value] : [])
  }
  const fields = part.match(/\.\[\]|\.\w+|\.\["[^"]+"\]/g) ?? []
  if (fields.join('') !== part) throw new Error(`stage: cannot read the path ${JSON.stringify(path)}`)
  return (value) =>
    fields.reduce<unknown[]>(
      (values, field) => {
        if (field === '.[]') return values.flatMap((each) => (Array.isArray(each) ? each : []))
        const name = field.replace(/^\.(\[")?|"\]$/g, '')
        return values.map((each) => (each as Record<string, unknown> | undefined)?.[name])
      },
      [value],
    )
}
