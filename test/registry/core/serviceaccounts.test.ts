import request from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../../src/cluster.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
})
afterAll(() => cluster.close())

test('of references to secrets only the names are kept; one without a name is empty, in YAML too', async () => {
  const path = '/api/v1/namespaces/default/serviceaccounts'
  const secrets = [{ name: 'a', namespace: 'other' }, { namespace: 'other' }]
  const created = await request(cluster.app)
    .post(path)
    .send({ metadata: { name: 'bot' }, secrets })
  expect(created.body.secrets).toEqual([{ name: 'a' }, {}])
  const yaml = await request(cluster.app).get(`${path}/bot`).set('Accept', 'application/yaml').buffer()
  expect(yaml.text).toContain('secrets:\n- name: a\n- {}\n')
})
