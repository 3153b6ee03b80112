/** THE TABLE of controllers, in the order in which they start. Adding one is a file and a row here. */
import type { ControllerDefinition } from './controller.ts'

export const controllers: readonly ControllerDefinition[] = []

export function controllerNames(): string[] {
  return controllers.map(({ name }) => name)
}

/**
 * As `--controllers` says it: true for all, false for none, or names; `*` stands for all and `-name` takes one away (alone, from all).
 * Throws on an unknown name.
 */
export function selectControllers(wanted: boolean | readonly string[]): ControllerDefinition[] {
  if (typeof wanted === 'boolean') return wanted ? [...controllers] : []
  const names = new Set<string>(wanted.every((name) => name.startsWith('-')) ? controllerNames() : [])
  for (const word of wanted) {
    const name = word.replace(/^-/, '')
    if (name === '*') for (const each of controllerNames()) names.add(each)
    else if (!controllerNames().includes(name))
      throw new Error(`no controller is called ${JSON.stringify(name)}; there are: ${controllerNames().join(', ')}`)
    else if (word.startsWith('-')) names.delete(name)
    else names.add(name)
  }
  return controllers.filter(({ name }) => names.has(name))
}
