/** Stamps: known to who has the key, and to nobody else. */
import { expect, test } from 'vitest'
import { stamp } from '../../src/apimachinery/stamp.ts'

test('each stamp of an object has its own value, the one set last', () => {
  const object = { a: 1 }
  const [one, other] = [stamp<string>(), stamp<string>()]
  expect(one.get(object)).toBeUndefined()
  one.set(object, 'first')
  one.set(object, 'second')
  other.set(object, 'other')
  expect([one.get(object), other.get(object)]).toEqual(['second', 'other'])
})

test('nobody sees a stamp, and copies do not have it', () => {
  const object = { a: 1 }
  const mark = stamp<string>()
  mark.set(object, 'there')
  expect(Reflect.ownKeys(object)).toEqual(['a'])
  expect(object).toStrictEqual({ a: 1 })
  for (const copy of [{ ...object }, structuredClone(object), Object.assign({}, object)]) {
    expect(mark.get(copy)).toBeUndefined()
  }
})
