import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import type { OutboundTarget } from '../../src/registry/outbound.ts'
import { type HttpsBackend, startHttpsBackend } from '../support/https-backend.ts'
import { createTlsAuthority, type TlsAuthority } from '../support/tls-authority.ts'

let authority: TlsAuthority
let backend: HttpsBackend
const service = { namespace: 'shop', name: 'hook', port: 443, path: '/review' }

beforeAll(async () => {
  authority = await createTlsAuthority()
  backend = await startHttpsBackend(await authority.serverFor(['127.0.0.1', 'hook.shop.svc']), {
    '/review': () => ({ fine: true }),
    '/silent': () => undefined,
    '/away': (_, res) => void res.writeHead(302, { location: '/review' }).end(),
  })
})

afterAll(() => backend.close())

function client(clock = new ManualClock(Date.now())) {
  return createOutbound({ clock, resolve: () => ({ host: '127.0.0.1', port: backend.port }) })
}

const url = (path: string): OutboundTarget => ({
  url: `https://127.0.0.1:${backend.port}${path}`,
  caBundle: authority.bundle,
})

describe('calls', () => {
  it('reach a Service where it is resolved to, under its own name', async () => {
    const outbound = client()
    const answer = await outbound.call({ service, caBundle: authority.bundle }, { method: 'GET', timeoutMs: 1000 })
    expect(answer.status).toBe(200)
    expect(backend.requests.at(-1)).toMatchObject({ url: '/review', headers: { host: 'hook.shop.svc:443' } })
    outbound.close()
  })

  it('share a connection, but not with those that trust somebody else', async () => {
    const outbound = client()
    let connections = 0
    const count = () => connections++
    backend.server.on('secureConnection', count)
    for (let i = 0; i < 3; i++) await outbound.call(url('/review'), { method: 'POST', timeoutMs: 1000 })
    expect(connections).toBe(1)
    const other = await createTlsAuthority('other')
    const call = outbound.call({ ...url('/review'), caBundle: other.bundle }, { method: 'GET', timeoutMs: 1000 })
    await expect(call).rejects.toThrow('certificate signed by unknown authority')
    const unverified = { ...url('/review'), caBundle: other.bundle, insecureSkipTLSVerify: true }
    expect((await outbound.call(unverified, { method: 'GET', timeoutMs: 1000 })).status).toBe(200)
    await expect(
      outbound.call({ ...url('/review'), caBundle: other.bundle }, { method: 'GET', timeoutMs: 1000 }),
    ).rejects.toThrow('certificate signed by unknown authority')
    backend.server.off('secureConnection', count)
    outbound.close()
  })

  it('end when the cluster’s clock says that their time is over', async () => {
    const clock = new ManualClock(Date.now())
    const outbound = client(clock)
    const asked = new Promise<void>((resolve) => {
      backend.routes.set('/silent', () => {
        resolve()
      })
    })
    const call = outbound.call(url('/silent'), { method: 'POST', query: 'timeout=5s', timeoutMs: 5000 })
    const failed = expect(call).rejects.toThrow(
      `Post "https://127.0.0.1:${backend.port}/silent?timeout=5s": context deadline exceeded`,
    )
    await asked
    clock.advance(5000)
    await failed
    outbound.close()
  })

  it('trust a certificate by the cluster’s clock', async () => {
    const outbound = client(new ManualClock(Date.UTC(2091, 0, 1)))
    await expect(outbound.call(url('/review'), { method: 'GET', timeoutMs: 1000 })).rejects.toThrow(
      'certificate has expired or is not yet valid: current time 2091-01-01T00:00:00Z is after',
    )
    outbound.close()
  })

  it('follow a redirect only when they are told to', async () => {
    const outbound = client()
    expect((await outbound.call(url('/away'), { method: 'GET', timeoutMs: 1000 })).status).toBe(302)
    const followed = await outbound.call(url('/away'), { method: 'POST', timeoutMs: 1000, followRedirects: true })
    expect(followed.status).toBe(200)
    expect(backend.requests.at(-1)).toMatchObject({ method: 'GET', url: '/review' })
    outbound.close()
  })
})
