/** What a mutating plug-in remembers of its first pass for the second. Mirrors apiserver/pkg/admission/plugin/webhook/mutating/reinvocationcontext.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { type AdmissionRequest, reinvocationOf } from './plugin.ts'

/** Who may be asked again, who has to be, and the object as the plug-in left it. */
export interface Memory {
  invoked: Set<string>
  again: Set<string>
  output?: DynamicObject | undefined
}

/** The memory of the plug-in of this name, for this request. Made on first use. */
export function memoryOf(request: AdmissionRequest, plugin: string): Memory {
  const { memory } = reinvocationOf(request)
  const mine = (memory.get(plugin) as Memory | undefined) ?? { invoked: new Set(), again: new Set() }
  memory.set(plugin, mine)
  return mine
}

/** Somebody changed the object: all who were asked before have to be asked again. */
export function requireAgain(memory: Memory): void {
  for (const id of memory.invoked) memory.again.add(id)
  memory.invoked.clear()
}
