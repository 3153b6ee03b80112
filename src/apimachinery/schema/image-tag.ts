/** The tag of an image name as the pull policy's default sees it. Mirrors pkg/util/parsers and the reference grammar it uses. */

const DOMAIN =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
/** Of the name without tag and digest, and with the domain that is left out. */
const MAX_NAME = 255
const REFERENCE = new RegExp(
  `^(?:(?:${DOMAIN})/)?${PART}(?:/${PART})*(?::([\\w][\\w.-]{0,127}))?(?:@([a-zA-Z][a-zA-Z0-9]*(?:[-_+.][a-zA-Z][a-zA-Z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)

/** Images that were looked at: the same few come again and again. */
const recent = new Map<string, string>()
const MAX_RECENT = 1000

/** `latest` for a name with neither tag nor digest; empty for a name that is not one. */
export function defaultImageTag(image: string): string {
  let tag = recent.get(image)
  if (tag === undefined) {
    tag = readTag(image)
    if (recent.size >= MAX_RECENT) recent.clear()
    if (image.length <= MAX_NAME) recent.set(image, tag)
  }
  return tag
}

function readTag(image: string): string {
  const match = REFERENCE.exec(image)
  // What looks like an image's hash is refused as a name.
  if (match === null || /^[0-9a-f]{64}$/.test(image)) return ''
  const [name] = image.split(/:[^/]*$|@/)
  if (name.length > MAX_NAME) return ''
  const [, tag, digest] = match
  return tag ?? (digest === undefined ? 'latest' : '')
}
