/** An error that cannot be told as it should be is still told as a Status, without a stack. */
import express, { type ErrorRequestHandler } from 'express'
import request from 'supertest'
import { expect, it } from 'vitest'
import { withLastWord } from '../../src/api/filters/with-errors.ts'
import { SILENT } from '../../src/apimachinery/logger.ts'

const failing: ErrorRequestHandler = async () => {
  throw new Error('a secret place')
}

function appThat(begins: boolean): express.Express {
  const app = express()
  app.use((_req, res) => {
    if (begins) res.write('half of ')
    throw new Error('what went wrong')
  })
  app.use(failing, withLastWord({ logger: SILENT }))
  return app
}

it('answers 500 with a Status', async () => {
  const { status, body, text, type } = await request(appThat(false)).get('/')
  expect({ status, type }).toEqual({ status: 500, type: 'application/json' })
  expect(body).toMatchObject({ kind: 'Status', reason: 'InternalError', code: 500 })
  expect(text).not.toContain('secret')
})

it('cuts an answer that has begun', async () => {
  await expect(request(appThat(true)).get('/')).rejects.toThrow(/aborted|hang up|ECONNRESET/)
})
