/** Objects that are no resources (discovery's lists) as JSON, YAML or protobuf. Mirrors apiserver/pkg/endpoints/handlers/responsewriters. */
import { encodeYaml } from '../apimachinery/schema/yaml-encode.ts'
import { type AcceptClause, isPrettyPrint } from './accept.ts'
import {
  type Document,
  type DocumentRequest,
  type MediaType,
  negotiateMediaType,
  newNoAcceptableMediaType,
} from './document.ts'

/** Clauses that ask for another form of the object (Table, partial metadata, aggregated discovery) do not pass. */
const asksForNothingSpecial = ({ as, g, v, sv }: AcceptClause['parameters']): boolean =>
  as === undefined && g === undefined && v === undefined && !sv

function encodeObject(
  object: object,
  mediaType: MediaType,
  request: DocumentRequest,
  protobuf: (object: object) => Buffer,
): Buffer {
  switch (mediaType) {
    case 'application/yaml':
      return Buffer.from(encodeYaml(object))
    case 'application/vnd.kubernetes.protobuf':
      return protobuf(object)
    default:
      return isPrettyPrint(request.query, request.header('user-agent'))
        ? Buffer.from(JSON.stringify(object, null, 2))
        : Buffer.from(`${JSON.stringify(object)}\n`)
  }
}

export interface ObjectForm {
  /** Decides by the parameters of an Accept clause; default: no transformation is asked for. */
  passes?: (parameters: AcceptClause['parameters']) => boolean
  /** What follows the media type in the content type. */
  parameters?: string
  headers?: Record<string, string>
  protobuf: (object: object) => Buffer
}

/** Answers the object as JSON, YAML or protobuf, as the request accepts. */
export function objectDocument(object: object, request: DocumentRequest, form: ObjectForm): Document {
  const mediaType = negotiateMediaType(request.header('accept'), form.passes ?? asksForNothingSpecial)
  if (!mediaType) throw newNoAcceptableMediaType()
  return {
    status: 200,
    headers: { 'content-type': mediaType + (form.parameters ?? ''), ...form.headers },
    body: encodeObject(object, mediaType, request, form.protobuf),
  }
}
