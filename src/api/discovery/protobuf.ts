/** Discovery answers as protobuf. Field numbers of apimachinery/pkg/apis/meta/v1 and api/apidiscovery/v2 generated.proto. */
import { Writer } from 'protobufjs'

interface WireField {
  number: number
  name: string
  type: 'string' | 'bool' | WireMessage
  repeated?: true
  /** A Go pointer: absent is not written, where other scalars and messages are written as their zero value. */
  pointer?: true
}
type WireMessage = readonly WireField[]

const strings = (number: number, name: string): WireField => ({ number, name, type: 'string', repeated: true })
const string = (number: number, name: string): WireField => ({ number, name, type: 'string' })
const list = (number: number, name: string, type: WireMessage): WireField => ({ number, name, type, repeated: true })

const serverAddress = [string(1, 'clientCIDR'), string(2, 'serverAddress')]
const groupVersion = [string(1, 'groupVersion'), string(2, 'version')]
const apiGroup = [
  string(1, 'name'),
  list(2, 'versions', groupVersion),
  { number: 3, name: 'preferredVersion', type: groupVersion },
]
const apiResource: WireMessage = [
  string(1, 'name'),
  { number: 2, name: 'namespaced', type: 'bool' },
  string(3, 'kind'),
  { number: 4, name: 'verbs', type: [strings(1, '')] },
  strings(5, 'shortNames'),
  string(6, 'singularName'),
  strings(7, 'categories'),
  string(8, 'group'),
  string(9, 'version'),
  string(10, 'storageVersionHash'),
]
const kind = [string(1, 'group'), string(2, 'version'), string(3, 'kind')]
const subresourceDiscovery: WireMessage = [
  string(1, 'subresource'),
  { number: 2, name: 'responseKind', type: kind, pointer: true },
  strings(4, 'verbs'),
]
const resourceDiscovery: WireMessage = [
  string(1, 'resource'),
  { number: 2, name: 'responseKind', type: kind, pointer: true },
  string(3, 'scope'),
  string(4, 'singularResource'),
  strings(5, 'verbs'),
  strings(6, 'shortNames'),
  strings(7, 'categories'),
  list(8, 'subresources', subresourceDiscovery),
]
const versionDiscovery = [string(1, 'version'), list(2, 'resources', resourceDiscovery), string(3, 'freshness')]
const listMeta = [string(1, 'selfLink'), string(2, 'resourceVersion'), string(3, 'continue')]
/** creationTimestamp (8) is a message, so it is written even when empty. */
const objectMeta: WireMessage = [
  ...['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion'].map((name, i) => string(i + 1, name)),
  { number: 7, name: 'generation', type: 'bool' },
  { number: 8, name: 'creationTimestamp', type: [] },
]
const groupDiscovery: WireMessage = [
  { number: 1, name: 'metadata', type: objectMeta },
  list(2, 'versions', versionDiscovery),
]

const MESSAGES: Record<string, WireMessage> = {
  APIVersions: [strings(1, 'versions'), list(2, 'serverAddressByClientCIDRs', serverAddress)],
  APIGroupList: [list(1, 'groups', apiGroup)],
  APIGroup: apiGroup,
  APIResourceList: [string(1, 'groupVersion'), list(2, 'resources', apiResource)],
  APIGroupDiscoveryList: [{ number: 1, name: 'metadata', type: listMeta }, list(2, 'items', groupDiscovery)],
}

function writeValue(writer: Writer, { number, type }: WireField, value: unknown): void {
  if (type === 'string') writer.uint32((number << 3) | 2).string((value as string | undefined) ?? '')
  else if (type === 'bool') writer.uint32(number << 3).bool(Boolean(value))
  else {
    writer.uint32((number << 3) | 2).fork()
    writeMessage(writer, type, value ?? {})
    writer.ldelim()
  }
}

function writeMessage(writer: Writer, message: WireMessage, value: object): void {
  for (const field of message) {
    // A list that is a message of its own (verbs) has one nameless field: the list itself.
    const part = field.name ? (value as Record<string, unknown>)[field.name] : value
    if (field.repeated) for (const element of (part as unknown[] | undefined) ?? []) writeValue(writer, field, element)
    else if (part !== undefined || !field.pointer) writeValue(writer, field, part)
  }
}

/** The `k8s\0` envelope around the message that the answer's kind names. */
export function encodeDiscovery(answer: { kind?: string; apiVersion?: string }): Buffer {
  const writer = Writer.create()
  writer
    .uint32(10)
    .fork()
    .uint32(10)
    .string(answer.apiVersion ?? '')
    .uint32(18)
    .string(answer.kind ?? '')
    .ldelim()
  writer.uint32(18).fork()
  writeMessage(writer, MESSAGES[answer.kind ?? ''], answer)
  writer.ldelim().uint32(26).string('').uint32(34).string('')
  return Buffer.concat([Buffer.from('k8s\0'), writer.finish()])
}
