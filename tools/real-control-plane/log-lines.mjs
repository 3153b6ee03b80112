// What klog lines say, without what differs from run to run.

/** Severity, date, time and thread; then the place in the source, and the text. */
const LINE = /^([EWF])\d{4} [\d:.]+ +\d+ ([\w.-]+\.go):\d+\] (.*)$/

/** In order: a later rule sees what earlier ones left. */
const CHANCE = [
  [/\\"/g, '"'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\b\d{4}-\d\d-\d\d[T ][\d:.]+(?: ?(?:Z|[+-]\d{4})(?: UTC)?)?(?: m=\S+)?/g, 'TIME'],
  [/https?:\/\/[\d.]+(:\d+)?/g, 'URL'],
  [/\b\d+\.\d+\.\d+\.\d+(:\d+|\/\d+)?/g, 'ADDRESS'],
  [/\bround-\d+/g, 'round-N'],
  [/\b(?:[0-9a-f]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10})-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, 'HASH-POD'],
  [/-(?:[0-9a-f]{8,10}|[bcdfghjklmnpqrstvwxz2456789]{8,10})\b/g, '-HASH'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-POD'],
  [/\b\d+(\.\d+)?(ms|µs|s|m|h)\b/g, 'DURATION'],
  [/\b\d+\b/g, 'N'],
]

/** Two writers, or a cache that is a moment behind: which of them a run meets is chance, with every server. */
const LOST_RACE =
  /the object has been modified|is not as new as written version|because it is being terminated|pvc \S+ is being deleted|[a-z.]+ \\*"[^" ]+" not found|Error getting updated StatefulSet from lister/

export const isLostRace = (line) => LOST_RACE.test(line)

/** Warnings and errors of a log by what they say: how often, and the first as it was. */
export function complaints(log) {
  const found = new Map()
  for (const line of log.split('\n')) {
    const match = LINE.exec(line)
    if (!match) continue
    const [, severity, file, text] = match
    const key = `${severity} ${file} ${CHANCE.reduce((said, [pattern, word]) => said.replace(pattern, word), text)}`
    const known = found.get(key)
    if (known) known.count++
    else found.set(key, { count: 1, first: line })
  }
  return found
}
