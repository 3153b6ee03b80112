import { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { Turns } from '../../src/api/turns.ts'
import { createCluster } from '../../src/cluster.ts'

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await nextTurn()
}

test('turns come in the order in which they were asked for, none twice', async () => {
  const turns = new Turns()
  const served: number[] = []
  for (let i = 0; i < 200; i++) turns.ask(() => served.push(i))
  expect(served).toEqual([])
  await until(() => served.length >= 200)
  await nextTurn()
  expect(served).toEqual(Array.from({ length: 200 }, (_, i) => i))
})

test('other work on the loop gets its turn between slices', async () => {
  const turns = new Turns()
  let served = 0
  for (let i = 0; i < 1_000; i++) turns.ask(() => served++)
  await nextTurn()
  expect(served).toBeGreaterThan(0)
  expect(served).toBeLessThan(1_000)
  await until(() => served === 1_000)
})

test('who asks again is served after those who waited already', async () => {
  const turns = new Turns()
  const served: string[] = []
  turns.ask(() => {
    served.push('greedy')
    turns.ask(() => served.push('greedy again'))
  })
  for (let i = 0; i < 99; i++) turns.ask(() => served.push('patient'))
  await until(() => served.length === 101)
  expect(served.at(-1)).toBe('greedy again')
})

test('the few who wait are served at once before a write is answered, the many are not', () => {
  const turns = new Turns()
  let served = 0
  for (let i = 0; i < 16; i++) turns.ask(() => served++)
  turns.serveFew()
  expect(served).toBe(16)
  for (let i = 0; i < 17; i++) turns.ask(() => served++)
  turns.serveFew()
  expect(served).toBe(16)
})

test('who was served before an answer is not served again by the loop', async () => {
  const turns = new Turns()
  let served = 0
  turns.ask(() => served++)
  turns.serveFew()
  await nextTurn()
  await nextTurn()
  expect(served).toBe(1)
})

test('a watch is told of a write before the write is answered', async () => {
  const cluster = await createCluster({ controllers: false, nodes: 0 })
  const url = `${await cluster.listen()}/api/v1/namespaces/default/configmaps`
  const watch = await fetch(`${url}?watch=1`)
  const said: string[] = []
  const original = Socket.prototype.write
  const write = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    const text = String(args[0])
    if (text.includes('"name":"told"')) said.push(text.includes('"ADDED"') ? 'event' : text.slice(9, 12))
    return original.apply(this, args as Parameters<typeof original>)
  })
  const body = JSON.stringify({ metadata: { name: 'told' } })
  await (await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).text()
  write.mockRestore()
  await watch.body?.cancel()
  await cluster.close()
  expect(said).toEqual(['event', '201'])
})

test('a watch that cannot be served is cut and logged; the writer and the other watches notice nothing', async () => {
  const logged: unknown[] = []
  const logger = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => logged.push(message) }
  const cluster = await createCluster({ controllers: false, nodes: 0, logger })
  const url = `${await cluster.listen()}/api/v1/namespaces/default/configmaps`
  const [broken, sound] = [await fetch(`${url}?watch=1`), await fetch(`${url}?watch=1`)]
  const original = Socket.prototype.write
  let failures = 0
  const write = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    if (failures === 0 && String(args[0]).includes('"ADDED"')) throw new Error(`failure ${++failures}`)
    return original.apply(this, args as Parameters<typeof original>)
  })
  const body = JSON.stringify({ metadata: { name: 'told' } })
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  expect([answer.status, failures, logged]).toEqual([201, 1, ['a watch failed and is cut']])
  await expect(broken.text()).rejects.toThrow('terminated')
  const events = sound.body!.pipeThrough(new TextDecoderStream()).getReader()
  expect(JSON.parse((await events.read()).value as string)).toMatchObject({ object: { metadata: { name: 'told' } } })
  write.mockRestore()
  await events.cancel()
  await cluster.close()
})
