/** Which requests may last: they have no deadline and do not count as in flight. Mirrors BasicLongRunningRequestCheck of apiserver/pkg/server/filters/longrunning.go. */
import type { RequestInfo } from './request-info.ts'

const SUBRESOURCES = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === 'watch' || (subresource !== '' && SUBRESOURCES.has(subresource))
}
