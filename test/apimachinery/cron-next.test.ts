/** When schedules are due. The rows about daylight saving are those of robfig/cron's own tests: what upstream does is what counts. */
import { expect, test } from 'vitest'
import { parseCron } from '../../src/apimachinery/cron.ts'
import { nextTime } from '../../src/apimachinery/cron-next.ts'
import { formatZoned, isTimeZone } from '../../src/apimachinery/time-zone.ts'

const NEW_YORK = 'America/New_York'

test.each([
  // Simple ones.
  ['2012-07-09T14:45:00Z', '0/15 * * * *', 'UTC', '2012-07-09T15:00:00Z'],
  ['2012-07-09T14:59:59Z', '0/15 * * * *', 'UTC', '2012-07-09T15:00:00Z'],
  ['2012-07-09T15:45:00Z', '20-35/15 * * * *', 'UTC', '2012-07-09T16:20:00Z'],
  ['2012-07-09T23:35:00Z', '15/35 10-23/2 * * *', 'UTC', '2012-07-10T10:15:00Z'],
  // Days, months, years.
  ['2012-07-09T23:35:00Z', '0 0 9 Apr-Oct *', 'UTC', '2012-08-09T00:00:00Z'],
  ['2012-07-09T23:35:00Z', '0 0 * Feb Mon', 'UTC', '2013-02-04T00:00:00Z'],
  ['2012-07-09T23:35:00Z', '0 0 29 Feb *', 'UTC', '2016-02-29T00:00:00Z'],
  // Day of month or day of week, when both are restricted.
  ['2012-07-09T00:00:00Z', '0 0 1,15 * Sun', 'UTC', '2012-07-15T00:00:00Z'],
  ['2012-07-15T00:00:00Z', '0 0 1,15 * Sun', 'UTC', '2012-07-22T00:00:00Z'],
  // An hour that does not exist, and hours that do.
  ['2012-03-11T00:00:00-05:00', '30 2 11 Mar ?', NEW_YORK, '2013-03-11T02:30:00-04:00'],
  ['2012-03-11T00:00:00-05:00', '0 * * * ?', NEW_YORK, '2012-03-11T01:00:00-05:00'],
  ['2012-03-11T01:00:00-05:00', '0 * * * ?', NEW_YORK, '2012-03-11T03:00:00-04:00'],
  ['2012-03-11T03:00:00-04:00', '0 * * * ?', NEW_YORK, '2012-03-11T04:00:00-04:00'],
  ['2012-03-11T00:00:00-05:00', '0 1 * * ?', NEW_YORK, '2012-03-11T01:00:00-05:00'],
  ['2012-03-11T01:00:00-05:00', '0 1 * * ?', NEW_YORK, '2012-03-12T01:00:00-04:00'],
  ['2012-03-11T00:00:00-05:00', '0 2 * * ?', NEW_YORK, '2012-03-12T02:00:00-04:00'],
  // An hour that exists twice.
  ['2012-11-04T00:00:00-04:00', '30 2 04 Nov ?', NEW_YORK, '2012-11-04T02:30:00-05:00'],
  ['2012-11-04T01:45:00-04:00', '30 1 04 Nov ?', NEW_YORK, '2012-11-04T01:30:00-05:00'],
  ['2012-11-04T00:00:00-04:00', '0 * * * ?', NEW_YORK, '2012-11-04T01:00:00-04:00'],
  ['2012-11-04T01:00:00-04:00', '0 * * * ?', NEW_YORK, '2012-11-04T01:00:00-05:00'],
  ['2012-11-04T01:00:00-05:00', '0 * * * ?', NEW_YORK, '2012-11-04T02:00:00-05:00'],
  ['2012-11-04T00:00:00-04:00', '0 0 * * ?', NEW_YORK, '2012-11-05T00:00:00-05:00'],
  // Midnight that does not exist.
  ['2018-10-17T05:00:00-04:00', '0 9 4 Nov ?', 'America/Sao_Paulo', '2018-11-04T09:00:00-02:00'],
  ['2018-02-14T05:00:00-05:00', '0 9 22 Feb ?', 'America/Sao_Paulo', '2018-02-22T09:00:00-03:00'],
])('after %s, %s in %s is due at %s', (after, schedule, zone, expected) => {
  expect(nextTime(parseCron(schedule), Date.parse(after), zone)).toBe(Date.parse(expected))
})

test('An interval counts from the whole second before.', () => {
  expect(nextTime({ everyMs: 90_000 }, Date.parse('2026-01-01T00:00:00.700Z'), 'UTC')).toBe(
    Date.parse('2026-01-01T00:01:30Z'),
  )
})

test('A day that never comes is never due.', () => {
  expect(nextTime(parseCron('0 0 30 2 *'), Date.parse('2026-01-01T00:00:00Z'), 'UTC')).toBeUndefined()
})

test('Zones are known by name, and times are printed as their clocks show them.', () => {
  expect([isTimeZone('UTC'), isTimeZone('Asia/Kolkata'), isTimeZone('Mars/Base')]).toEqual([true, true, false])
  const noon = Date.parse('2026-01-01T12:00:00Z')
  expect(formatZoned(noon, 'Asia/Kolkata')).toBe('2026-01-01T17:30:00+05:30')
  expect(formatZoned(noon, 'America/St_Johns')).toBe('2026-01-01T08:30:00-03:30')
  expect(formatZoned(noon, 'UTC')).toBe('2026-01-01T12:00:00Z')
})
