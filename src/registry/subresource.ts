/** A POST to a subresource (binding, eviction, token): admission, then the kind's own hook. Mirrors what endpoints/handlers/create.go does for a NamedCreater. */
import { newMethodNotSupported } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { WriteContext } from './definition.ts'
import type { ObjectStore } from './object-store.ts'

/** `body`: a draft. Throws 405 where nothing can be posted to. */
export async function createSubresource(
  { definition, environment, qualified }: ObjectStore,
  namespace: string,
  name: string,
  body: DynamicObject,
  context: WriteContext,
): Promise<KubeObject> {
  const { subresource } = context
  const hook = definition.hooks.subresources?.[subresource]?.create
  if (!hook) throw newMethodNotSupported(qualified, 'create')
  const admission = { operation: 'CREATE' as const, definition, subresource, namespace, name, object: body }
  const admitted = environment.admission.admit(admission, context)
  if (admitted) await admitted
  const validated = environment.admission.validate(admission, context)
  if (validated) await validated
  return hook(name, namespace, body, context)
}
