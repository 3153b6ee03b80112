/** `/openapi/v3/<path>` as protobuf. Field numbers of gnostic-models openapiv3/OpenAPIv3.proto. */
import type { OpenAPIV3 } from 'openapi-types'
import {
  alternative,
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

const reference = message(string(1, '$ref'))

/** Most messages come as `XOrReference`: X is field 1, a reference field 2. */
const orReference =
  (of: () => Message): Message =>
  (writer, value) =>
    (value.$ref ? alternative(2, () => reference) : alternative(1, of))(writer, value)

/** Defaults that are objects or lists have no form here, and are written as an empty message. */
const defaultValue: Message = (writer, value: unknown) => {
  if (typeof value === 'number') writer.uint32(9).double(value)
  else if (typeof value === 'boolean') writer.uint32(16).bool(value)
  else if (typeof value === 'string') writer.uint32(26).string(value)
}

const schema: Message = message(
  boolean(1, 'nullable'),
  string(9, 'title'),
  double(10, 'multipleOf'),
  double(11, 'maximum'),
  boolean(12, 'exclusiveMaximum'),
  double(13, 'minimum'),
  boolean(14, 'exclusiveMinimum'),
  integer(15, 'maxLength'),
  integer(16, 'minLength'),
  string(17, 'pattern'),
  integer(18, 'maxItems'),
  integer(19, 'minItems'),
  boolean(20, 'uniqueItems'),
  integer(21, 'maxProperties'),
  integer(22, 'minProperties'),
  strings(23, 'required'),
  anys(24, 'enum'),
  string(25, 'type'),
  list(26, 'allOf', () => schemaOrReference),
  list(27, 'oneOf', () => schemaOrReference),
  list(28, 'anyOf', () => schemaOrReference),
  nested(29, 'not', () => schema),
  nested(30, 'items', () => alternative(1, () => schemaOrReference)),
  map(31, 'properties', () => schemaOrReference),
  nested(32, 'additionalProperties', () => schemaOrBoolean),
  nested(33, 'default', () => defaultValue),
  string(34, 'description'),
  string(35, 'format'),
  extensions(36),
)
const schemaOrReference = orReference(() => schema)

const schemaOrBoolean: Message = (writer, value) => {
  if (typeof value === 'boolean') writer.uint32(16).bool(value)
  else alternative(1, () => schemaOrReference)(writer, value)
}

const mediaTypes = named(1, () => message(nested(1, 'schema', () => schemaOrReference)))

const parameter = message(
  string(1, 'name'),
  string(2, 'in'),
  string(3, 'description'),
  boolean(4, 'required'),
  nested(10, 'schema', () => schemaOrReference),
)

const requestBody = message(
  string(1, 'description'),
  nested(2, 'content', () => mediaTypes),
  boolean(3, 'required'),
)

const response = message(
  string(1, 'description'),
  nested(3, 'content', () => mediaTypes),
)

const operation = message(
  strings(1, 'tags'),
  string(3, 'description'),
  string(5, 'operationId'),
  list(6, 'parameters', () => orReference(() => parameter)),
  nested(7, 'requestBody', () => orReference(() => requestBody)),
  nested(8, 'responses', () => named(2, () => orReference(() => response))),
  extensions(13),
)

const pathItem = message(
  ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch'].map((method, i) =>
    nested(i + 4, method, () => operation),
  ),
  list(13, 'parameters', () => orReference(() => parameter)),
)

const securityScheme = message(string(1, 'type'), string(2, 'description'), string(3, 'name'), string(4, 'in'))

const document = message(
  string(1, 'openapi'),
  nested(2, 'info', () => message(string(1, 'title'), string(6, 'version'))),
  nested(4, 'paths', () => named(1, () => pathItem)),
  nested(5, 'components', () =>
    message(
      map(1, 'schemas', () => schemaOrReference),
      map(7, 'securitySchemes', () => orReference(() => securityScheme)),
    ),
  ),
)

export function encodeV3(openapi: OpenAPIV3.Document): Buffer {
  return encode(openapi, document)
}
