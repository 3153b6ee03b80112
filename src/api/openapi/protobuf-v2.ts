/** `/openapi/v2` as protobuf, which client-go asks for. Field numbers of gnostic-models openapiv2/OpenAPIv2.proto. */
import type { OpenAPIV2 } from 'openapi-types'
import {
  alternative,
  any,
  anys,
  boolean,
  double,
  encode,
  extensions,
  integer,
  list,
  type Message,
  map,
  message,
  named,
  nested,
  string,
  strings,
} from './protobuf-writer.ts'

const typeNames: Message = (writer, value) => {
  const names = Array.isArray(value) ? value : [value]
  strings(1, 'value')(writer, { value: names })
}

const schema: Message = message(
  string(1, '$ref'),
  string(2, 'format'),
  string(3, 'title'),
  string(4, 'description'),
  any(5, 'default'),
  double(6, 'multipleOf'),
  double(7, 'maximum'),
  boolean(8, 'exclusiveMaximum'),
  double(9, 'minimum'),
  boolean(10, 'exclusiveMinimum'),
  integer(11, 'maxLength'),
  integer(12, 'minLength'),
  string(13, 'pattern'),
  integer(14, 'maxItems'),
  integer(15, 'minItems'),
  boolean(16, 'uniqueItems'),
  integer(17, 'maxProperties'),
  integer(18, 'minProperties'),
  strings(19, 'required'),
  anys(20, 'enum'),
  nested(21, 'additionalProperties', () => schemaOrBoolean),
  nested(22, 'type', () => typeNames),
  nested(23, 'items', () => alternative(1, () => schema)),
  list(24, 'allOf', () => schema),
  map(25, 'properties', () => schema),
  extensions(31),
)

const schemaOrBoolean: Message = (writer, value) => {
  if (typeof value === 'boolean') writer.uint32(16).bool(value)
  else alternative(1, () => schema)(writer, value)
}

const bodyParameter = message(
  string(1, 'description'),
  string(2, 'name'),
  string(3, 'in'),
  boolean(4, 'required'),
  nested(5, 'schema', () => schema),
)

/** Path parameters have no allow_empty_value, so the numbers after `name` differ by one. */
const plainParameter = (type: number, uniqueItems: number): Message =>
  message(
    boolean(1, 'required'),
    string(2, 'in'),
    string(3, 'description'),
    string(4, 'name'),
    string(type, 'type'),
    string(type + 1, 'format'),
    boolean(uniqueItems, 'uniqueItems'),
  )
const queryParameter = plainParameter(6, 20)
const pathParameter = plainParameter(5, 19)

const parameter: Message = (writer, value) => {
  if (value.in === 'body') alternative(1, () => bodyParameter)(writer, value)
  else {
    const plain = value.in === 'path' ? alternative(4, () => pathParameter) : alternative(3, () => queryParameter)
    alternative(2, () => plain)(writer, value)
  }
}

const parameterOrReference: Message = (writer, value) => {
  if (value.$ref) alternative(2, () => message(string(1, '$ref')))(writer, value)
  else alternative(1, () => parameter)(writer, value)
}

const response = message(
  string(1, 'description'),
  nested(2, 'schema', () => alternative(1, () => schema)),
)

const operation = message(
  strings(1, 'tags'),
  string(3, 'description'),
  string(5, 'operationId'),
  strings(6, 'produces'),
  strings(7, 'consumes'),
  list(8, 'parameters', () => parameterOrReference),
  nested(9, 'responses', () => named(1, () => alternative(1, () => response))),
  strings(10, 'schemes'),
  extensions(13),
)

const pathItem = message(
  ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch'].map((method, i) =>
    nested(i + 2, method, () => operation),
  ),
  list(9, 'parameters', () => parameterOrReference),
)

const apiKey = message(string(1, 'type'), string(2, 'name'), string(3, 'in'), string(4, 'description'))
const scopes: Message = (writer, value) => strings(1, 'value')(writer, { value })

const document = message(
  string(1, 'swagger'),
  nested(2, 'info', () => message(string(1, 'title'), string(2, 'version'))),
  nested(8, 'paths', () => named(2, () => pathItem)),
  map(9, 'definitions', () => schema),
  map(10, 'parameters', () => parameter),
  list(12, 'security', () => named(1, () => scopes)),
  map(13, 'securityDefinitions', () => alternative(2, () => apiKey)),
)

export function encodeV2(swagger: OpenAPIV2.Document): Buffer {
  return encode(swagger, document)
}
