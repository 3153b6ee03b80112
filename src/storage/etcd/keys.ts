/** Where objects are in etcd, and as what: the keys of a kube-apiserver, values as JSON. Mirrors apiserver/pkg/storage/etcd3/store.go. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import { objectText } from '../../apimachinery/object-bytes.ts'
import { shareParts } from '../../apimachinery/shared-parts.ts'
import type { Key } from '../interface.ts'

/** What every key of the storage interface begins with, and what --etcd-prefix stands in for. */
const ROOT = '/registry/'
/** A kube-apiserver writes this before protobuf. */
const PROTOBUF = Buffer.from('k8s\0')

export class Keys {
  /** All keys of the cluster start with this. */
  readonly root: Buffer
  readonly #root: string
  readonly #shallow: ReadonlySet<string>

  /** `shallow`: resources whose prefix has one part (`/registry/pods/`); those of all others have two (`/registry/services/specs/`). */
  constructor(prefix: string, shallow: Iterable<string>) {
    this.#root = `/${prefix.split('/').filter(Boolean).join('/')}/`
    this.root = Buffer.from(this.#root)
    this.#shallow = new Set(shallow)
  }

  encode(prefix: string, name: string): Buffer {
    return Buffer.from(this.#root + prefix.slice(ROOT.length) + name)
  }

  /** Undefined: no object of a resource is there. */
  decode(bytes: Buffer): Key | undefined {
    const path = bytes.toString('utf8').slice(this.#root.length)
    const first = path.indexOf('/')
    const isShallow = this.#shallow.has(`${ROOT}${path.slice(0, first + 1)}`)
    const end = isShallow || first < 0 ? first : path.indexOf('/', first + 1)
    const name = path.slice(end + 1)
    return end < 0 || name === '' ? undefined : { prefix: ROOT + path.slice(0, end + 1), name }
  }
}

/** The resourceVersion is the key's revision, and so empty in the value; it keeps its place among the fields. */
export function encodeObject(object: KubeObject): Buffer {
  return Buffer.from(objectText({ ...object, metadata: { ...object.metadata, resourceVersion: '' } }))
}

/** Throws for what is no JSON object of Kubernetes. */
export function decodeObject(key: Key, value: Buffer, revision: number): KubeObject {
  const where = `${key.prefix}${key.name}`
  if (value.subarray(0, PROTOBUF.length).equals(PROTOBUF)) {
    throw new Error(`${where} is stored as protobuf; KubEmu reads what a kube-apiserver stores as application/json`)
  }
  let object: KubeObject
  try {
    object = JSON.parse(value.toString('utf8')) as KubeObject
  } catch (error) {
    throw new Error(`${where} is not JSON: ${(error as Error).message}`)
  }
  if (typeof object?.metadata !== 'object') throw new Error(`${where} is no object of Kubernetes: it has no metadata`)
  object.metadata.resourceVersion = String(revision)
  shareParts(object)
  return object
}
