/** `format.dns1123Label().validate(name)`. Mirrors apiserver/pkg/cel/library/format.go. */
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
  maskTrailingDash,
} from '../../names.ts'
import { type Declaration, namedType } from '../functions.ts'
import { CelError, CelList, Opaque, Optional, type Value } from '../values.ts'
import { parseRequestUrl } from './urls.ts'

type Validate = (text: string) => string[]

export class NamedFormat extends Opaque {
  readonly type = namedType('namedformat')
  readonly name: string
  readonly validate: Validate
  /** Length of the longest expression it may match by: what the cost counts. */
  readonly patternSize: number
  constructor(name: string, patternSize: number, validate: Validate) {
    super()
    this.name = name
    this.patternSize = patternSize
    this.validate = validate
  }
  equals(other: Value): boolean {
    return other === this
  }
  override get size(): number {
    return this.name.length
  }
}

const prefix =
  (validate: Validate): Validate =>
  (text) =>
    validate(maskTrailingDash(text))
const pattern =
  (expression: RegExp, problem: string): Validate =>
  (text) =>
    expression.test(text) ? [] : [problem]

function isUri(text: string): string[] {
  const url = parseRequestUrl(text)
  return url instanceof CelError ? [url.message] : []
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const DATE_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[zZ]|[+-]\d\d:\d\d)$/
const TIME_PATTERN_SIZE = 71

const FORMATS: Record<string, NamedFormat> = {
  dns1123Label: new NamedFormat('DNS1123Label', 30, isDns1123Label),
  dns1123Subdomain: new NamedFormat('DNS1123Subdomain', 60, isDns1123Subdomain),
  dns1035Label: new NamedFormat('DNS1035Label', 30, isDns1035Label),
  qualifiedName: new NamedFormat('QualifiedName', 60, isQualifiedName),
  dns1123LabelPrefix: new NamedFormat('DNS1123LabelPrefix', 30, prefix(isDns1123Label)),
  dns1123SubdomainPrefix: new NamedFormat('DNS1123SubdomainPrefix', 60, prefix(isDns1123Subdomain)),
  dns1035LabelPrefix: new NamedFormat('DNS1035LabelPrefix', 30, prefix(isDns1035Label)),
  labelValue: new NamedFormat('LabelValue', 40, isLabelValue),
  uri: new NamedFormat('URI', 1103, isUri),
  uuid: new NamedFormat('uuid', 70, pattern(UUID, 'does not match the UUID format')),
  byte: new NamedFormat('byte', 84, pattern(BASE64, 'invalid base64')),
  date: new NamedFormat('date', TIME_PATTERN_SIZE, pattern(DATE, 'invalid date')),
  datetime: new NamedFormat('datetime', TIME_PATTERN_SIZE, pattern(DATE_TIME, 'invalid datetime')),
}

function validate(format: Value, text: Value): Value {
  const problems = (format as NamedFormat).validate(text as string)
  return problems.length === 0 ? Optional.NONE : new Optional(new CelList(problems))
}

function named(name: Value): Value {
  return Object.hasOwn(FORMATS, name as string) ? new Optional(FORMATS[name as string]) : Optional.NONE
}

export const FORMAT_FUNCTIONS: Declaration[] = [
  ['format-named', 'format.named(string) optional<namedformat>', named],
  ...Object.entries(FORMATS).map(
    ([name, format]): Declaration => [`format.${name}`, `format.${name}() namedformat`, () => format],
  ),
]

export const FORMAT_MEMBERS: Declaration[] = [
  ['format-validate', 'namedformat.validate(string) optional<list<string>>', validate],
]
