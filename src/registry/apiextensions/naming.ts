/** Which names of a definition are free, and what its conditions say of it. Mirrors apiextensions-apiserver/pkg/controller/status/naming_controller.go. */
import { quote } from '../../apimachinery/go-text.ts'
import { type Condition, type CustomResourceDefinition, conditionOf, type Names } from './crd.ts'

export interface Naming {
  acceptedNames: Names
  namesAccepted: Condition
  established: Condition
}

/** `others`: all other definitions of the group; the names that they were granted are taken. */
export function claimNames(crd: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): Naming {
  const wanted = crd.spec.names
  const granted = crd.status.acceptedNames
  const everyone = [...others, crd].map(({ status }) => status.acceptedNames)
  const resources = new Set(
    everyone.flatMap(({ plural, singular, shortNames }) => [plural, singular ?? '', ...(shortNames ?? [])]),
  )
  const kinds = new Set(everyone.flatMap(({ kind, listKind }) => [kind, listKind ?? '']))
  const acceptedNames: Names = { ...granted }
  let conflict: { reason: string; message: string } | undefined
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', taken: Set<string>): void => {
    const name = wanted[field] ?? ''
    if (name !== (granted[field] ?? '') && taken.has(name)) {
      conflict = { reason: `${field[0]!.toUpperCase()}${field.slice(1)}Conflict`, message: inUse(name) }
    } else acceptedNames[field] = name
  }
  claim('plural', resources)
  claim('singular', resources)
  const short = (wanted.shortNames ?? []).filter((name) => !granted.shortNames?.includes(name) && resources.has(name))
  if (short.length > 0) {
    const texts = short.map(inUse)
    conflict = { reason: 'ShortNamesConflict', message: texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]` }
  } else setOrDelete(acceptedNames, 'shortNames', wanted.shortNames)
  claim('kind', kinds)
  claim('listKind', kinds)
  setOrDelete(acceptedNames, 'categories', wanted.categories)
  const namesAccepted: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  return { acceptedNames, namesAccepted, established: establishedAfter(crd, namesAccepted) }
}

const inUse = (name: string): string => `${quote(name)} is already in use`

function setOrDelete(names: Names, field: 'shortNames' | 'categories', value: string[] | undefined): void {
  if (value === undefined) delete names[field]
  else names[field] = value
}

function establishedAfter(crd: CustomResourceDefinition, namesAccepted: Condition): Condition {
  const old = conditionOf(crd, 'Established')
  if (old?.status !== 'True' && namesAccepted.status === 'True') {
    return {
      type: 'Established',
      status: 'False',
      reason: 'Installing',
      message: 'the initial names have been accepted',
    }
  }
  return old ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}
