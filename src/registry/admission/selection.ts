/** Which plug-ins run: the default ones, but for `--enable-admission-plugins` and `--disable-admission-plugins`. Mirrors apiserver/pkg/server/options/admission.go. */
import { quote } from '../../apimachinery/go-text.ts'
import type { AdmissionPlugin, AdmissionPluginFactory } from './plugin.ts'

type Plugin = AdmissionPlugin | AdmissionPluginFactory

/** By upstream's names. Both may be absent. */
export interface AdmissionSelection {
  enable?: readonly string[]
  disable?: readonly string[]
}

/** All that kube-apiserver knows, in the order they run. */
export const KNOWN_PLUGINS = [
  ...['AlwaysAdmit', 'NamespaceAutoProvision', 'NamespaceLifecycle', 'NamespaceExists'],
  ...['LimitPodHardAntiAffinityTopology', 'LimitRanger', 'ServiceAccount', 'NodeRestriction'],
  ...['TaintNodesByCondition', 'AlwaysPullImages', 'ImagePolicyWebhook', 'PodSecurity', 'PodNodeSelector'],
  ...['Priority', 'DefaultTolerationSeconds', 'PodTolerationRestriction', 'EventRateLimit'],
  ...['ExtendedResourceToleration', 'DefaultStorageClass', 'StorageObjectInUseProtection', 'PodGroupProtection'],
  ...['OwnerReferencesPermissionEnforcement', 'PersistentVolumeClaimResize', 'RuntimeClass'],
  ...['CertificateApproval', 'CertificateSigning', 'ClusterTrustBundleAttest', 'CertificateSubjectRestriction'],
  ...['DefaultIngressClass', 'DenyServiceExternalIPs', 'PodTopologyLabels', 'NodeDeclaredFeatureValidator'],
  ...['PodResizeValidator', 'MutatingAdmissionPolicy', 'MutatingAdmissionWebhook', 'ValidatingAdmissionPolicy'],
  ...['ValidatingAdmissionWebhook', 'ResourceQuota', 'AlwaysDeny'],
] as const

/** What is wrong with a selection, in upstream's words and order; empty: nothing. */
export function selectionProblems(
  { enable = [], disable = [] }: AdmissionSelection,
  plugins: readonly Plugin[],
): string[] {
  const isKnown = (name: string): boolean =>
    (KNOWN_PLUGINS as readonly string[]).includes(name) || plugins.some((plugin) => plugin.name === name)
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names.filter((name) => !isKnown(name)).map((name) => `${flag} plugin ${quote(name)} is unknown`)
  const problems = [...unknown('enable-admission-plugins', enable), ...unknown('disable-admission-plugins', disable)]
  const both = [...new Set(enable)].filter((name) => disable.includes(name)).sort()
  if (both.length > 0) {
    problems.push(`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`)
  }
  const missing = enable.filter((name) => isKnown(name) && !plugins.some((plugin) => plugin.name === name))
  for (const name of missing) problems.push(`enable-admission-plugins plugin ${quote(name)} is not supported by kubemu`)
  return problems
}

/** In the order of `plugins`. Throws on a selection with problems. */
export function selectPlugins(selection: AdmissionSelection, plugins: readonly Plugin[]): readonly Plugin[] {
  const problems = selectionProblems(selection, plugins)
  if (problems.length > 0) throw new Error(problems.join('; '))
  const { enable = [], disable = [] } = selection
  return plugins.filter(({ name, offByDefault }) => enable.includes(name) || !(offByDefault || disable.includes(name)))
}
