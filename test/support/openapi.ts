/** Brings OpenAPI documents into a form that can be compared where descriptions differ. */
import { createHash } from 'node:crypto'

type Json = ReturnType<typeof JSON.parse>

/** Without descriptions and x-kubernetes-unions, with sorted keys, and a reference wrapped for its siblings' sake unwrapped. */
export function canonical(value: Json): Json {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.keys(value)
    .filter((key) => !(key === 'description' && typeof value[key] === 'string') && key !== 'x-kubernetes-unions')
    .sort()
  if (kept.length === 1 && kept[0] === 'allOf' && value.allOf.length === 1) return canonical(value.allOf[0])
  return Object.fromEntries(kept.map((key) => [key, canonical(value[key])]))
}

export function fingerprint(value: Json): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('hex')
    .slice(0, 16)
}

/** The v2 document's paths with references to shared parameters followed: their names are hashes that include descriptions. */
export function inlineParameters(document: Json): Json {
  const resolve = (parameters: Json[] | undefined) =>
    parameters?.map((parameter) =>
      parameter.$ref ? document.parameters[parameter.$ref.replace('#/parameters/', '')] : parameter,
    )
  return Object.fromEntries(
    Object.entries<Json>(document.paths).map(([path, item]) => {
      const members = Object.entries<Json>(item).map(([key, member]) => [
        key,
        key === 'parameters' ? resolve(member) : { ...member, parameters: resolve(member.parameters) },
      ])
      return [path, Object.fromEntries(members)]
    }),
  )
}
