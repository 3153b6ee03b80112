import { type Cluster, createCluster } from 'kubemu'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { double } from './scale.ts'

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.29"}]}
`

let cluster: Cluster

beforeAll(async () => {
  cluster = await createCluster()
})
beforeEach(() => cluster.reset())
afterAll(() => cluster.close())

it('doubles a Deployment', async () => {
  await cluster.apply(DEPLOYMENT)
  await double(cluster.client, 'default', 'web')
  await cluster.settle()
  expect(await cluster.client.list('pods', { namespace: 'default' })).toHaveLength(4)
})

it('says NotFound for one that is not there', async () => {
  await expect(double(cluster.client, 'default', 'web')).rejects.toMatchObject({ reason: 'NotFound' })
})
