/** What the emulated container runtime knows of an image: its full name, its digest, whether it can be pulled. Mirrors distribution/reference and containerd's answers. */
import { createHash } from 'node:crypto'

export interface Image {
  /** `docker.io/library/nginx:latest` */
  name: string
  /** `docker.io/library/nginx@sha256:...` */
  id: string
  sizeBytes: number
  /** Why it cannot be pulled. */
  error?: string
}

const REMEMBERED = 4096
const known = new Map<string, Image>()

/**
 * Every image exists, but those whose name contains `does-not-exist` and those with the tag `missing`. Digest and size come from the name: the same
 * in every run.
 */
export function imageOf(reference: string): Image {
  let image = known.get(reference)
  if (!image) {
    image = describe(reference)
    if (known.size >= REMEMBERED) known.clear()
    known.set(reference, image)
  }
  return image
}

function describe(reference: string): Image {
  const [named, digest] = reference.split('@')
  const slash = named.lastIndexOf('/')
  const colon = named.indexOf(':', slash + 1)
  const repository = familiar(colon < 0 ? named : named.slice(0, colon))
  const tag = colon < 0 ? 'latest' : named.slice(colon + 1)
  const hash = createHash('sha256').update(`${repository}:${tag}`).digest('hex')
  const name = digest ? `${repository}@${digest}` : `${repository}:${tag}`
  const image = {
    name,
    id: `${repository}@${digest ?? `sha256:${hash}`}`,
    sizeBytes: 1_000_000 + (Number.parseInt(hash.slice(0, 7), 16) % 200_000_000),
  }
  const error = pullError(name, repository, tag)
  return error ? { ...image, error } : image
}

function familiar(repository: string): string {
  const first = repository.split('/')[0]
  if (first === repository) return `docker.io/library/${repository}`
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost'
  return isHost ? repository : `docker.io/${repository}`
}

function pullError(name: string, repository: string, tag: string): string | undefined {
  const lead = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`
  if (repository.includes('does-not-exist')) {
    return `rpc error: code = Unknown desc = ${lead}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`
  }
  return tag === 'missing' ? `rpc error: code = NotFound desc = ${lead}: ${name}: not found` : undefined
}
