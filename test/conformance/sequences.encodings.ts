/** What is asked for and sent in other forms: protobuf, CBOR, and tables of whole objects, status included. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Case, get, METADATA, METADATA_LIST, PROTOBUF, post, put, remove, TABLE } from './steps.ts'

const CBOR = 'application/cbor'
const IN_PROTOBUF = (accept: string): string => accept.replace('application/json', PROTOBUF)

export function encodings(object: DynamicObject, all: string, name: string, status: unknown): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const own = 'labelSelector=case%3D$id'
  const written = status === undefined ? [make] : [make, put(`${one}/status`, 0, { status })]
  return [
    {
      name: 'protobuf',
      steps: [
        { ...make, type: PROTOBUF, accept: PROTOBUF },
        get(one),
        get(one, PROTOBUF),
        get(`${all}?${own}`, PROTOBUF),
        { ...make, type: PROTOBUF },
        get(`${all}/absent`, PROTOBUF),
        get(one, IN_PROTOBUF(METADATA)),
        get(`${all}?${own}`, IN_PROTOBUF(METADATA_LIST)),
        get(one, IN_PROTOBUF(TABLE)),
        get(one, `${PROTOBUF},application/json`),
        { ...post(all, 'no protobuf'), type: PROTOBUF },
        { ...remove(one), accept: PROTOBUF },
      ],
    },
    {
      name: 'CBOR',
      steps: [make, get(one, CBOR), get(one, `${CBOR},application/json`), { ...make, type: CBOR }],
    },
    {
      name: 'table of a whole object',
      steps: [...written, get(one, TABLE), get(`${all}?${own}`, TABLE), get(one, METADATA), get(one)],
    },
  ]
}
