/** Deployments that stall, Jobs and CronJobs with their histories, StatefulSets with their volumes, and an autoscaler, as kubectl shows them. */
import { expect, test } from 'vitest'
import { rows } from '../kubectl/guestbook.ts'
import type { Scene } from './scene.ts'

const store = (image: string): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 3
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: store, image: '${image}', volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

export function workloadScenes(scene: Scene): void {
  test('a rollout with an image that does not exist stalls, and undo heals it', () =>
    scene('stalled', async ({ $, fails, later }) => {
      await $('create deployment web --image=nginx:1 --replicas=3')
      await $('patch deployment web -p {"spec":{"progressDeadlineSeconds":120}}')
      expect(await $('rollout status deployment/web')).toContain('successfully rolled out')
      await $('set image deployment/web nginx=nginx:missing')
      await later(30)
      const pods = rows(await $('get pods'))
      expect(pods.filter(([, ready]) => ready === '1/1')).toHaveLength(3)
      expect(pods.find(([, ready]) => ready === '0/1')?.[2]).toMatch(/^(ErrImagePull|ImagePullBackOff)$/)
      await later(120)
      expect(await fails('rollout status deployment/web')).toContain(
        'error: deployment "web" exceeded its progress deadline',
      )
      const described = await $('describe deployment web')
      expect(described).toMatch(/Available +True +MinimumReplicasAvailable/)
      expect(described).toMatch(/Progressing +False +ProgressDeadlineExceeded/)
      expect(described).toMatch(/3 desired \| 1 updated \| 4 total \| 3 available \| 1 unavailable/)
      expect(await $('rollout undo deployment/web')).toBe('deployment.apps/web rolled back\n')
      expect(await $('rollout status deployment/web')).toContain('successfully rolled out')
      expect(await $('describe deployment web')).toMatch(/Progressing +True +NewReplicaSetAvailable/)
      await later(60)
      expect(rows(await $('get pods')).map(([, ready, phase]) => `${ready} ${phase}`)).toEqual(
        Array(3).fill('1/1 Running'),
      )
    }))

  test('a StatefulSet is updated from the highest pod to the lowest, and each keeps its volume', () =>
    scene('ordered', async ({ $ }) => {
      await $('apply -f -', store('store:1'))
      expect(await $('rollout status statefulset/store')).toContain('partitioned roll out complete')
      const claims = rows(await $('get pvc'))
      expect(claims.map(([name, phase]) => `${name} ${phase}`)).toEqual(
        [0, 1, 2].map((ordinal) => `data-store-${ordinal} Bound`),
      )
      await $('apply -f -', store('store:2'))
      await $('rollout status statefulset/store')
      const events = await $(
        'get events --sort-by=.metadata.resourceVersion --field-selector involvedObject.name=store',
      )
      const deleted = [...events.matchAll(/Delete Pod store-(\d) in StatefulSet store successful/g)].map((it) => it[1])
      expect(deleted).toEqual(['2', '1', '0'])
      expect(await $("get pods -o 'jsonpath={.items[*].spec.containers[0].image}'")).toBe('store:2 store:2 store:2')
      await $('delete pod store-1')
      await $('rollout status statefulset/store')
      expect(rows(await $('get pvc')).map(([name, , volume]) => [name, volume])).toEqual(
        claims.map(([name, , volume]) => [name, volume]),
      )
    }))

  test('Jobs end, and CronJobs keep as many as their limits say', () =>
    scene('batch', async ({ $, later }) => {
      await $('create job hello --image=busybox -- echo hi')
      await $('wait --for=condition=Complete job/hello')
      expect(rows(await $('get job hello'))[0]?.slice(0, 3)).toEqual(['hello', 'Complete', '1/1'])
      await $("create cronjob tick --image=busybox --schedule='* * * * *' -- true")
      await $("create cronjob fail --image=busybox --schedule='* * * * *' -- false")
      await $('patch cronjob fail -p {"spec":{"jobTemplate":{"spec":{"backoffLimit":0}}}}')
      await later(6 * 60)
      const jobs = rows(await $('get jobs'))
      const named = (name: string): string[] =>
        jobs.filter((row) => row[0]?.startsWith(name)).map((row) => row[1] ?? '')
      expect(named('tick-')).toEqual(Array(3).fill('Complete'))
      expect(named('fail-')).toEqual(['Failed'])
      expect(rows(await $('get cronjobs')).map((row) => row.slice(0, 4))).toEqual([
        ['fail', '* * * * *', '<none>', 'False'],
        ['tick', '* * * * *', '<none>', 'False'],
      ])
      expect(await $('describe cronjob tick')).toMatch(/SuccessfulDelete +.*Deleted job tick-\d+/)
      await $('delete cronjob tick fail')
    }))

  test('an autoscaler follows the load up at once and down after five quiet minutes', () =>
    scene('scaled', async ({ $, later }) => {
      await $('create deployment web --image=nginx --replicas=1')
      await $('set resources deployment/web --requests=cpu=200m')
      await $('rollout status deployment/web')
      await $('autoscale deployment web --min=1 --max=5 --cpu-percent=50')
      const use = (cpu: string): Promise<string> =>
        $(`annotate pods -l app=web --overwrite metrics.kubemu.dev/cpu=${cpu}`)
      await use('300m')
      await later(60)
      expect(rows(await $('get hpa web'))[0]?.slice(0, 3)).toEqual(['web', 'Deployment/web', 'cpu: 150%/50%'])
      expect(await $("get deployment web -o 'jsonpath={.spec.replicas}'")).toBe('3')
      await use('10m')
      await later(120)
      expect(await $("get deployment web -o 'jsonpath={.spec.replicas}'")).toBe('3')
      await later(300)
      expect(await $("get deployment web -o 'jsonpath={.spec.replicas}'")).toBe('1')
      expect(await $('describe hpa web')).toMatch(/SuccessfulRescale .*New size: 1; reason: All metrics below target/)
    }))
}
