/** Keys of reconciles as texts: what queues hold. Mirrors client-go/tools/cache (MetaNamespaceKeyFunc), but for the slash. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Key } from './controller.ts'

export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`
}

/** The slash is always there, so that a key reads back as it was, whatever the scope. */
export function formatKey({ namespace, name }: Key): string {
  return `${namespace}/${name}`
}

export function parseKey(text: string): Key {
  const slash = text.indexOf('/')
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}
