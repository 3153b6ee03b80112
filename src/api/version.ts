/** `/version`. Mirrors apimachinery/pkg/version. */
import { type Document, type DocumentRequest, rawJsonDocument, requireRoute } from './document.ts'

export interface VersionInfo {
  major: string
  minor: string
  emulationMajor: string
  emulationMinor: string
  minCompatibilityMajor: string
  minCompatibilityMinor: string
  gitVersion: string
  gitCommit: string
  gitTreeState: string
  buildDate: string
  goVersion: string
  compiler: string
  platform: string
}

/** `kubernetesVersion` is the facts' (`1.37.0`). */
export function versionInfo(kubernetesVersion: string): VersionInfo {
  const [major, minor] = kubernetesVersion.split('.')
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${kubernetesVersion}`,
    gitCommit: '',
    // DEVIATION(version-names-kubemu): clients parse the other fields; this one is free text, and says who answers.
    gitTreeState: 'kubemu',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'go1.26.8',
    compiler: 'gc',
    platform: 'linux/amd64',
  }
}

export function versionDocument(request: DocumentRequest, kubernetesVersion: string): Document {
  requireRoute(request, ['application/json'])
  return rawJsonDocument(versionInfo(kubernetesVersion))
}
