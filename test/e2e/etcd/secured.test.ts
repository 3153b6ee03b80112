/** An etcd that wants TLS, a client certificate, and a user who may see the cluster's keys and no others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { Writer } from 'protobufjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EtcdOptions, type EtcdStorage, openEtcd } from '../../../src/storage/etcd/etcd.ts'
import { drain, object as pod } from '../../conformance/storage.ts'
import { createTlsAuthority } from '../../support/tls-authority.ts'
import { startServer } from '../server.ts'
import { send } from './client.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'

const PODS = '/registry/pods/'
const folder = mkdtempSync(join(tmpdir(), 'kubemu-secured-'))
const file = (name: string) => join(folder, name)
const files = { caFile: file('ca.pem'), certFile: file('client.pem'), keyFile: file('client.key') }
const user = { username: 'kubemu', password: 'swordfish' }
let etcd: EtcdServer
const opened: EtcdStorage[] = []

async function open(more: Partial<EtcdOptions>): Promise<EtcdStorage> {
  const storage = await openEtcd({ endpoints: [etcd.endpoint], shallow: [PODS], timeoutMs: 3_000, ...more })
  opened.push(storage)
  return storage
}

beforeAll(async () => {
  const authority = await createTlsAuthority()
  const server = await authority.serverFor(['127.0.0.1'])
  const client = await authority.serverFor(['client'])
  const contents = { 'ca.pem': authority.pem, 'server.pem': server.cert, 'server.key': server.key }
  for (const [name, text] of Object.entries({ ...contents, 'client.pem': client.cert, 'client.key': client.key })) {
    writeFileSync(file(name), text)
  }
  const serving = ['--cert-file', file('server.pem'), '--key-file', file('server.key')]
  const trusting = ['--client-cert-auth', '--trusted-ca-file', file('ca.pem')]
  etcd = await startEtcd({ scheme: 'https', flags: [...serving, ...trusting] })
  const channel = credentials.createSsl(
    ...([authority.pem, client.key, client.cert].map(Buffer.from) as [Buffer, Buffer, Buffer]),
  )
  const admin = new Client(new URL(etcd.endpoint).host, channel)
  await makeUsers(admin)
  admin.close()
})
afterAll(async () => {
  for (const storage of opened) await storage.close()
  await etcd?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** As `etcdctl user add`, `role grant-permission --prefix`, `auth enable`. */
async function makeUsers(admin: Client): Promise<void> {
  const call = (name: string, ...fields: (string | Uint8Array)[]): Promise<unknown> => {
    const writer = Writer.create()
    for (const [i, value] of fields.entries()) {
      const field = writer.uint32(((i + 1) << 3) | 2)
      if (typeof value === 'string') field.string(value)
      else field.bytes(value)
    }
    const bytes = Buffer.from(writer.finish())
    return new Promise((resolve, reject) => {
      const path = `/etcdserverpb.Auth/${name}`
      admin.makeUnaryRequest(
        path,
        (value: Buffer) => value,
        (value) => value,
        bytes,
        (error, answer) => (error ? reject(error) : resolve(answer)),
      )
    })
  }
  const READ_AND_WRITE = 2
  const permission = Writer.create().uint32(8).int32(READ_AND_WRITE)
  permission.uint32(18).bytes(Buffer.from('/registry/')).uint32(26).bytes(Buffer.from('/registry0'))
  await call('UserAdd', 'root', 'root')
  await call('RoleAdd', 'root')
  await call('UserGrantRole', 'root', 'root')
  await call('UserAdd', user.username, user.password)
  await call('RoleAdd', 'cluster')
  await call('RoleGrantPermission', 'cluster', permission.finish())
  await call('UserGrantRole', user.username, 'cluster')
  await call('AuthEnable')
}

test('its client needs a certificate that etcd trusts, and trusts etcd by its authority', async () => {
  await expect(open({ ...user, caFile: files.caFile })).rejects.toThrow(/^etcd at https:/)
  await expect(open({ ...user, certFile: files.certFile, keyFile: files.keyFile })).rejects.toThrow(/^etcd at https:/)
})

test('a wrong password is said, and so are keys that the user may not see', async () => {
  await expect(open({ ...files, ...user, password: 'wrong' })).rejects.toThrow(
    'etcdserver: authentication failed, invalid user ID or password',
  )
  await expect(open({ ...files, ...user, prefix: '/elsewhere' })).rejects.toThrow('etcdserver: permission denied')
})

test('two storages of the user write and follow, and go on when etcd has forgotten their tokens', async () => {
  const [one, two] = [await open({ ...files, ...user }), await open({ ...files, ...user })]
  await one.create(PODS, 'a', pod('a'))
  await two.fresh()
  const cursor = two.watch(PODS, { fromRevision: two.revision, wake: () => {} })
  await one.create(PODS, 'b', pod('b'))
  await etcd.kill()
  await etcd.start()
  await expect.poll(() => one.check(), { timeout: 10_000 }).toBeUndefined()
  await one.create(PODS, 'c', pod('c'))
  await two.fresh()
  expect(drain(cursor).map(({ key }) => key.name)).toEqual(['b', 'c'])
})

test('the command line takes all of it from flags and environment', async () => {
  const paths = ['--etcd-cafile', files.caFile, '--etcd-certfile', files.certFile, '--etcd-keyfile', files.keyFile]
  process.env['KUBEMU_ETCD_PASSWORD'] = user.password
  const where = ['--storage', 'etcd', '--etcd-endpoints', etcd.endpoint, '--etcd-username', user.username]
  const server = await startServer(...where, ...paths, '--no-controllers').finally(() => {
    delete process.env['KUBEMU_ETCD_PASSWORD']
  })
  expect((await send(server, 'GET', '/readyz')).body).toBe('ok')
  expect((await send(server, 'GET', '/api/v1/namespaces/default')).status).toBe(200)
  expect(await server.stop()).toBe(0)
})
