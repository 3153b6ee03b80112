/** Bodies as hooks get them: decoded and defaulted by the real schema. */
import { ManualClock } from '../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { parseGroupVersion } from '../../src/apimachinery/meta.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { parsedValue } from '../../src/apimachinery/schema/parse.ts'
import { Schemas } from '../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const clock = new ManualClock(0)

/** Throws the 400 that a bad body is answered with. */
export function decoded<T extends KubeObject>(body: object): T {
  const { apiVersion, kind } = body as KubeObject
  const { group, version } = parseGroupVersion(apiVersion)
  const schema = schemas.forKind(group, version, kind)
  if (!schema) throw new Error(`no schema for ${apiVersion} ${kind}`)
  return structuredClone(schema.decodeWithDefaults(parsedValue(body), clock).object) as unknown as T
}
