/** A short round; `npm run fuzz -- --requests 100000 --seed N` is the long one. */
import { describe, expect, it } from 'vitest'
import { drawn } from './draw.ts'
import { fuzz } from './play.ts'
import { requestOf } from './requests.ts'

describe('random requests', () => {
  it('are answered without an inner error, and what they leave behind decodes, is valid and round-trips', async () => {
    const { requests, statuses, verified, findings } = await fuzz({ requests: 300, seed: 1 })
    expect(findings).toEqual([])
    expect(requests).toBe(300)
    // A fuzzer whose requests are all refused finds nothing.
    for (const status of [200, 201, 400, 404, 409, 422]) expect(statuses[status]).toBeGreaterThan(0)
    expect(verified).toBeGreaterThan(100)
  }, 60_000)

  it('are the same for the same seed', () => {
    expect(drawn(requestOf, 20, 7)).toEqual(drawn(requestOf, 20, 7))
    expect(drawn(requestOf, 20, 8)).not.toEqual(drawn(requestOf, 20, 7))
  })
})
