import { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { createCluster } from '../../src/cluster.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('express finds requests and responses born with its prototypes, and changes none', async () => {
  await using cluster = await createCluster({ controllers: false })
  const url = await cluster.listen()
  const setPrototypeOf = vi.spyOn(Object, 'setPrototypeOf')
  const changes: object[] = []
  setPrototypeOf.mockImplementation((object, prototype) => {
    const isMessage = object instanceof IncomingMessage || object instanceof ServerResponse
    if (isMessage && Object.getPrototypeOf(object) !== prototype) changes.push(object as object)
    Reflect.setPrototypeOf(object as object, prototype)
    return object
  })
  expect((await fetch(`${url}/api/v1/namespaces`)).status).toBe(200)
  expect(setPrototypeOf).toHaveBeenCalled()
  expect(changes).toEqual([])
})
