/** What validation by a schema finds, and how it becomes field errors. Mirrors kube-openapi/pkg/validation/{errors,validate/result.go} and apiextensions' kubeOpenAPIResultToFieldErrors. */
import {
  child,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '../../field-error.ts'
import { marshal } from '../../go-text.ts'

export interface Finding {
  kind: 'type' | 'required' | 'enum' | 'too-long' | 'too-many' | 'other' | 'composite'
  /** Where, from the validated value on; a composite finding is told of the whole value. */
  path: string
  message: string
  value?: unknown
  limit?: number
  allowed?: readonly unknown[]
}

/** Findings without repeats, and how many checks went well: alternatives are compared by it. */
export class Findings {
  readonly all: Finding[] = []
  matches = 0

  get isValid(): boolean {
    return this.all.length === 0
  }

  add(finding: Finding): this {
    if (!this.all.some(({ message }) => message === finding.message)) this.all.push(finding)
    return this
  }

  merge(other: Findings): this {
    for (const finding of other.all) this.add(finding)
    this.matches += other.matches
    return this
  }
}

/** `base`: path of the validated value, '' for a whole object. */
export function fieldErrors({ all }: Findings, base: string): FieldError[] {
  return all.map((finding) => {
    const path = finding.path.replace(/^\./, '')
    const field = path === '' || finding.kind === 'composite' ? base : child(base, path)
    const { value = '', message, limit = -1 } = finding
    switch (finding.kind) {
      case 'required':
        return required(field)
      case 'enum':
        return notSupported(
          field,
          finding.value ?? null,
          (finding.allowed ?? []).map((one) => (typeof one === 'string' ? one : marshal(one))),
        )
      case 'too-long':
        return tooLong(field, limit)
      case 'too-many':
        return tooMany(field, value as number, limit)
      case 'type':
        return typeInvalid(field, value ?? '', message)
      case 'composite':
        return invalid(field, '', message)
      default:
        return invalid(field, value ?? '', message)
    }
  })
}
