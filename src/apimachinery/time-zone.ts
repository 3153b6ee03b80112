/** Time zones by their IANA names: offsets, and times of the clock on the wall. Mirrors Go's time.LoadLocation and time.Date. */

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}

/** `UTC` and every name the machine's time zone data has. */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** How far the zone's clocks are ahead of UTC at this time. Throws RangeError when there is no such zone. */
export function zoneOffsetMs(ms: number, zone: string): number {
  if (zone === 'UTC' || zone === '') return 0
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(ms)) parts[type] = Number(value)
  const { year, month, day, hour, minute, second } = parts as Record<string, number>
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000
}

/** The time at which clocks on the wall show this; days and months may overflow. Of two such times, or none, the one that Go takes. */
export function zonedTime(zone: string, year: number, month: number, day: number, hour = 0): number {
  const local = Date.UTC(year, month - 1, day, hour)
  const offset = zoneOffsetMs(local, zone)
  const time = local - offset
  const actual = zoneOffsetMs(time, zone)
  return actual === offset ? time : local - actual
}

/** RFC 3339 as clocks in the zone show it. */
export function formatZoned(ms: number, zone: string): string {
  const offset = zoneOffsetMs(ms, zone)
  const text = new Date(ms + offset).toISOString().slice(0, 19)
  if (offset === 0) return `${text}Z`
  const minutes = Math.abs(offset) / 60_000
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0')
  return `${text}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
