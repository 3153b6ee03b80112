/** Warnings about volumes of a pod. Mirrors pkg/api/pod/warnings.go (warningsForOverlappingVirtualPaths) and the claims' own of its neighbours. */
import { quote } from '../../apimachinery/go-text.ts'
import { isWhole, parseQuantity } from '../../apimachinery/quantity.ts'
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from '../../types/core-v1.ts'

const DEPRECATED_VOLUMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
    gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
    scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
    flocker: 'deprecated in v1.22, non-functional in v1.25+',
    storageos: 'deprecated in v1.22, non-functional in v1.25+',
    quobyte: 'deprecated in v1.22, non-functional in v1.25+',
    glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
    ephemeral: '',
    cephfs: 'deprecated in v1.28, non-functional in v1.31+',
    rbd: 'deprecated in v1.28, non-functional in v1.31+',
  }),
)

/** A path and what puts something there; '' where the volume itself says it. */
interface PlacedPath {
  path: string
  source: string
}

export function volumeWarnings(volumes: readonly Volume[], path: string): string[] {
  const warnings = volumes.flatMap((volume, i) => kindWarnings(volume, `${path}[${i}]`))
  return [...warnings, ...volumes.flatMap(overlapWarnings)]
}

function kindWarnings(volume: Volume, path: string): string[] {
  const warnings: string[] = []
  for (const name in volume) {
    const message = DEPRECATED_VOLUMES.get(name)
    if (message === undefined || !volume[name as keyof Volume]) continue
    if (name === 'ephemeral') {
      const spec = volume.ephemeral?.volumeClaimTemplate?.spec
      if (spec) warnings.push(...claimSpecWarnings(spec, `${path}.ephemeral.volumeClaimTemplate.spec`))
    } else warnings.push(`${path}.${name === 'storageos' ? 'storageOS' : name}: ${message}`)
  }
  return warnings
}

/** A claim for a fraction of a byte. */
export function claimSpecWarnings(spec: PersistentVolumeClaimSpec, path: string): string[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    fractionalWarnings(spec.resources?.[list]?.storage, `${path}.resources.${list}[storage]`),
  )
}

export function fractionalWarnings(value: string | number | undefined, path: string): string[] {
  if (value === undefined) return []
  if (isWhole(parseQuantity(String(value)))) return []
  return [`${path}: fractional byte value ${quote(String(value))} is invalid, must be an integer`]
}

function overlapWarnings(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume
  const plain = [
    [configMap?.items, () => `ConfigMap ${quote(configMap?.name ?? '')}`],
    [secret?.items, () => `Secret ${quote(secret?.secretName ?? '')}`],
    [downwardAPI?.items, () => 'DownwardAPI'],
  ] as const
  const warnings: string[] = []
  for (const [items, kindOf] of plain) {
    if (!items) continue
    const kind = kindOf()
    const own = items.map(({ path }) => ({ path, source: '' }))
    warnings.push(...overlaps(own).map((text) => overlapText(name, kind, text)))
  }
  if (!projected) return warnings
  const placed: PlacedPath[] = []
  for (const source of projected.sources ?? []) {
    if (Object.values(source).every((one) => one === undefined || one === null)) {
      warnings.push(`volume ${quote(name)} (Projected) has no sources provided`)
      continue
    }
    const own = projectedPaths(source)
    warnings.push(...overlaps(own, placed).map((text) => overlapText(name, 'Projected', text)))
  }
  return warnings
}

const overlapText = (volume: string, kind: string, text: string): string =>
  `volume ${quote(volume)} (${kind}): overlapping paths: ${text}`

/** What each path collides with of those before it; adds them to `placed`. */
function overlaps(paths: readonly PlacedPath[], placed: PlacedPath[] = []): string[] {
  return paths.flatMap(({ path, source }) => {
    const one = { path: path.replace(/\/+$/, ''), source }
    const hits = one.path === '' ? [] : placed.filter((other) => other.path !== '' && isBelow(one.path, other.path))
    placed.push(one)
    return hits.map((other) => `${textOf(one)} with ${textOf(other)}`)
  })
}

const isBelow = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`)

const textOf = ({ path, source }: PlacedPath): string => (source ? `${quote(path)} (${source})` : quote(path))

function projectedPaths(projection: VolumeProjection): PlacedPath[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = projection
  const from = (source: string, paths: (string | undefined)[]): PlacedPath[] =>
    paths.map((path) => ({ path: path ?? '', source }))
  const pathsOf = (items: readonly { path: string }[]): string[] => items.map(({ path }) => path)
  if (configMap?.items) return from(`ConfigMap ${quote(configMap.name ?? '')}`, pathsOf(configMap.items))
  if (secret?.items) return from(`Secret ${quote(secret.name ?? '')}`, pathsOf(secret.items))
  if (downwardAPI?.items) return from('DownwardAPI', pathsOf(downwardAPI.items))
  if (serviceAccountToken) return from('ServiceAccountToken', [serviceAccountToken.path])
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? ''
    return from(`ClusterTrustBundle ${quote(name)}`, [clusterTrustBundle.path])
  }
  if (!podCertificate) return []
  return [
    ...from('PodCertificate chain', [podCertificate.certificateChainPath]),
    ...from('PodCertificate key', [podCertificate.keyPath]),
    ...from('PodCertificate credential bundle', [podCertificate.credentialBundlePath]),
  ].filter(({ path }) => path !== '')
}
