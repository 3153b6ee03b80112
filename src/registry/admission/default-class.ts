/** Which of several classes is the default one. Mirrors GetDefaultClass of pkg/volume/util/storageclass.go and its sibling for ingresses. */
import type { DynamicObject } from '../../apimachinery/meta.ts'

/** Among those with one of these annotations set to true: the newest, and of equally new ones the first by name. */
export function defaultClassOf(
  classes: readonly DynamicObject[],
  annotations: readonly string[],
): DynamicObject | undefined {
  const defaults = classes.filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true'))
  return defaults.sort((a, b) => {
    const [newer, older] = [created(b), created(a)]
    return newer - older || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)
  })[0]
}

const created = ({ metadata }: DynamicObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0
