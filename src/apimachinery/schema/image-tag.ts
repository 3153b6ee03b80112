/** The tag of an image name as the pull policy's default sees it. Mirrors pkg/util/parsers and the reference grammar it uses. */

const DOMAIN =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const REFERENCE = new RegExp(
  `^(?:(?:${DOMAIN})/)?${PART}(?:/${PART})*(?::([\\w][\\w.-]{0,127}))?(?:@([a-z][a-z0-9+._-]*:[0-9a-f]{32,}))?$`,
  'i',
)

/** `latest` for a name with neither tag nor digest; empty for a name that is not one. */
export function defaultImageTag(image: string): string {
  const match = REFERENCE.exec(image)
  if (match === null) return ''
  const [, tag, digest] = match
  return tag ?? (digest === undefined ? 'latest' : '')
}
