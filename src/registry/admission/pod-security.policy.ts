/** What a namespace's labels ask for, and which checks that means. Mirrors k8s.io/pod-security-admission/{api/helpers,policy/registry}.go. */
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import { BASELINE_CHECKS } from './pod-security.baseline.ts'
import type { CheckPod, PodSecurityCheck, PodToCheck, Violation } from './pod-security.outcome.ts'
import { RESTRICTED_CHECKS } from './pod-security.restricted.ts'

const LEVELS = ['privileged', 'baseline', 'restricted'] as const
type Level = (typeof LEVELS)[number]

/** A level as of a minor of Kubernetes 1; Infinity: the latest. */
export interface LevelVersion {
  level: Level
  minor: number
}

export interface PodSecurityPolicy {
  enforce: LevelVersion
  audit: LevelVersion
  warn: LevelVersion
}

const PREFIX = 'pod-security.kubernetes.io/'
const PRIVILEGED: LevelVersion = { level: 'privileged', minor: Number.POSITIVE_INFINITY }
/** Of namespaces that say nothing. */
const DEFAULT_POLICY: PodSecurityPolicy = { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED }
/** The last minor in which a check changed: later ones are the same. */
const LAST_MINOR = 37

export const isPrivileged = ({ level }: LevelVersion): boolean => level === 'privileged'

/** Negative: `a` forbids less than `b`. */
export const compareLevels = (a: LevelVersion, b: LevelVersion): number =>
  LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level)

export const sameLevelVersion = (a: LevelVersion, b: LevelVersion): boolean =>
  a.level === b.level && a.minor === b.minor

/** `restricted:v1.30`, `baseline:latest` */
export function printLevelVersion({ level, minor }: LevelVersion): string {
  return `${level}:${Number.isFinite(minor) ? `v1.${minor}` : 'latest'}`
}

/** What is wrong with the labels comes along: a wrong enforce level means restricted, a wrong one to warn or audit privileged, a wrong version the latest. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): [PodSecurityPolicy, FieldError[]] {
  const errors: FieldError[] = []
  if (labels === undefined) return [DEFAULT_POLICY, errors]
  const read = (mode: string, fallback: Level): LevelVersion => {
    const level = labels[PREFIX + mode]
    const version = labels[`${PREFIX}${mode}-version`]
    const known = LEVELS.find((name) => name === level)
    const minor = version === undefined ? Number.POSITIVE_INFINITY : parseMinor(version)
    const complain = (label: string, value: string, why: string): void => {
      errors.push(invalid(`metadata.labels[${label}]`, value, why))
    }
    if (level !== undefined && known === undefined)
      complain(PREFIX + mode, level, `must be one of ${LEVELS.join(', ')}`)
    if (version !== undefined && minor === undefined) {
      complain(`${PREFIX}${mode}-version`, version, 'must be "latest" or "v1.x"')
    }
    return { level: known ?? (level === undefined ? 'privileged' : fallback), minor: minor ?? Number.POSITIVE_INFINITY }
  }
  const enforce = read('enforce', 'restricted')
  const audit = read('audit', 'privileged')
  let warn = read('warn', 'privileged')
  const saysEnforce = LEVELS.some((name) => name === labels[`${PREFIX}enforce`])
  if (labels[`${PREFIX}warn`] === undefined && saysEnforce && compareLevels(enforce, warn) > 0) {
    const minor = labels[`${PREFIX}warn-version`] === undefined ? enforce.minor : warn.minor
    warn = { level: enforce.level, minor }
  }
  return [{ enforce, audit, warn }, errors]
}

function parseMinor(version: string): number | undefined {
  if (version === 'latest') return Number.POSITIVE_INFINITY
  const digits = /^v1\.(0|[1-9][0-9]*)$/.exec(version)?.[1]
  // Go's int ends at 2^63.
  return digits === undefined || BigInt(digits) >= 1n << 63n ? undefined : Number(digits)
}

/** In the order in which upstream tells them. */
export function violationsOf(policy: LevelVersion, pod: PodToCheck): Violation[] {
  return checksOf(policy).flatMap((check) => check(pod) ?? [])
}

const compiled = new Map<string, readonly CheckPod[]>()

function checksOf({ level, minor }: LevelVersion): readonly CheckPod[] {
  if (level === 'privileged') return []
  const effective = Math.min(minor, LAST_MINOR)
  const key = `${level}:${effective}`
  const known = compiled.get(key)
  if (known) return known
  const checks = compile(level, effective)
  compiled.set(key, checks)
  return checks
}

function compile(level: Level, minor: number): CheckPod[] {
  const current = ({ versions }: PodSecurityCheck): CheckPod | undefined =>
    versions.findLast(({ since }) => since <= minor)?.check
  const added = level === 'restricted' ? RESTRICTED_CHECKS.filter((check) => current(check)) : []
  const replaced = new Set(added.map(({ replaces }) => replaces))
  return [...BASELINE_CHECKS.filter(({ id }) => !replaced.has(id)), ...added].flatMap((check) => current(check) ?? [])
}

/** `reason (detail), reason (detail)` */
export function violationsInFull(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
}
