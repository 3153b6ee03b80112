/** Profiles of a KubeSchedulerConfiguration. Mirrors pkg/scheduler/apis/config (v1, validation) and mergePlugins of default_plugins.go. */
import { load } from 'js-yaml'
import { plugins } from './plugins.ts'
import { DEFAULT_SCHEDULER, defaultProfile, type Profile } from './profile.ts'

const API_VERSION = 'kubescheduler.config.k8s.io/v1'
/** What every profile has, and what is no file of plugins/. */
const BUILT_IN = ['PrioritySort', 'DefaultPreemption', 'DefaultBinder']
/** Where a plugin can be taken out or weighed by itself, and the part of it that is meant. */
const POINTS: Readonly<Record<string, 'gate' | 'preFilter' | 'preScore' | 'preempts' | undefined>> = {
  preEnqueue: 'gate',
  preFilter: 'preFilter',
  filter: 'preFilter',
  postFilter: 'preempts',
  preScore: 'preScore',
  score: 'preScore',
}
/** Accepted, and without a meaning where one process is all there is. */
const IGNORED = ['parallelism', 'leaderElection', 'clientConnection', 'enableProfiling', 'enableContentionProfiling']
const KNOWN = ['apiVersion', 'kind', 'percentageOfNodesToScore', 'profiles', ...IGNORED]

interface PluginSet {
  enabled?: { name: string; weight?: number }[]
  disabled?: { name: string }[]
}

interface ProfileShape {
  schedulerName?: string
  percentageOfNodesToScore?: number
  plugins?: Record<string, PluginSet>
  pluginConfig?: { name: string; args?: object }[]
}

/** The default profile without a configuration, which is an object or the text of one, as YAML. Throws an Error that says what is wrong or not supported. */
export function profilesOf(configuration: string | object | undefined): Profile[] {
  if (configuration === undefined) return [defaultProfile()]
  const shape = (typeof configuration === 'string' ? load(configuration) : configuration) as Record<string, unknown>
  if (shape?.['apiVersion'] !== API_VERSION || shape['kind'] !== 'KubeSchedulerConfiguration') {
    throw problem(`it has to be a KubeSchedulerConfiguration of ${API_VERSION}`)
  }
  for (const name of Object.keys(shape)) if (!KNOWN.includes(name)) throw problem(`${name} is not supported`)
  const percentage = percentageOf(shape['percentageOfNodesToScore'] as number | undefined)
  const shapes = (shape['profiles'] as ProfileShape[] | undefined) ?? []
  const profiles = (shapes.length > 0 ? shapes : [{}]).map((each, i) => profileOf(each, i, shapes.length, percentage))
  const names = profiles.map(({ schedulerName }) => schedulerName)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw problem(`profiles: two have the name ${JSON.stringify(twice)}`)
  return profiles
}

const problem = (what: string): Error => new Error(`scheduler configuration: ${what}`)

function percentageOf(value: number | undefined): number {
  if (value === undefined) return 0
  if (!Number.isInteger(value) || value < 0 || value > 100) {
    throw problem('percentageOfNodesToScore: not in valid range [0-100]')
  }
  return value
}

function profileOf(shape: ProfileShape, index: number, count: number, percentage: number): Profile {
  const { schedulerName, percentageOfNodesToScore, plugins: sets = {}, pluginConfig = [] } = shape
  const at = `profiles[${index}]`
  if (!schedulerName && count > 1) throw problem(`${at}.schedulerName: Required value`)
  for (const point of Object.keys(sets)) {
    if (point !== 'multiPoint' && !(point in POINTS)) throw problem(`${at}.plugins.${point} is not supported`)
  }
  for (const { name } of pluginConfig) requireKnown(name, `${at}.pluginConfig`)
  const argsOf = (name: string): object | undefined => pluginConfig.find((each) => each.name === name)?.args
  const chosen = merge(sets['multiPoint'], `${at}.plugins.multiPoint`)
  const weights = new Map(chosen)
  const made = [...chosen.keys()].flatMap((name) => plugins.find((row) => row.name === name)?.make(argsOf(name)) ?? [])
  const profile: Profile = {
    schedulerName: schedulerName ?? DEFAULT_SCHEDULER,
    plugins: made,
    weights,
    percentageOfNodesToScore:
      percentageOfNodesToScore === undefined ? percentage : percentageOf(percentageOfNodesToScore),
    preempts: chosen.has('DefaultPreemption'),
  }
  return Object.entries(sets).reduce(
    (sofar, [point, set]) => (point === 'multiPoint' ? sofar : withPoint(sofar, point, set, at)),
    profile,
  )
}

/** The default plugins without those that are disabled, with other weights, and then what is enabled besides. By name: the weight. */
function merge({ enabled = [], disabled = [] }: PluginSet = {}, at: string): Map<string, number> {
  for (const { name } of enabled) requireKnown(name, at)
  const isOff = (name: string): boolean => disabled.some((each) => each.name === name || each.name === '*')
  const defaults = [
    ...plugins.map(({ name, weight }) => ({ name, weight })),
    ...BUILT_IN.map((name) => ({ name, weight: 1 })),
  ]
  const merged = new Map<string, number>()
  for (const { name, weight } of defaults) {
    const own = enabled.find((each) => each.name === name)
    if (!isOff(name)) merged.set(name, own ? own.weight || 1 : weight)
  }
  for (const { name, weight } of enabled) if (!merged.has(name)) merged.set(name, weight || 1)
  return merged
}

function requireKnown(name: string, at: string): void {
  if (BUILT_IN.includes(name) || plugins.some((row) => row.name === name)) return
  const known = [...plugins.map((row) => row.name), ...BUILT_IN].join(', ')
  throw problem(`${at}: there is no plugin ${JSON.stringify(name)}; there are: ${known}`)
}

/** One part of plugins taken out, or weighed otherwise. */
function withPoint(profile: Profile, point: string, { enabled = [], disabled = [] }: PluginSet, at: string): Profile {
  for (const { name } of enabled) requireKnown(name, `${at}.plugins.${point}`)
  const isOn = (name: string): boolean => enabled.some((each) => each.name === name)
  const isOff = (name: string): boolean =>
    !isOn(name) && disabled.some((each) => each.name === name || each.name === '*')
  const part = POINTS[point]
  if (part === 'preempts') return { ...profile, preempts: profile.preempts && !isOff('DefaultPreemption') }
  const weights = new Map(profile.weights)
  if (point === 'score') for (const { name, weight } of enabled) weights.set(name, weight || 1)
  const reduced = profile.plugins.map((plugin) =>
    isOff(plugin.name) ? { ...plugin, [part as string]: undefined } : plugin,
  )
  return { ...profile, weights, plugins: reduced }
}
