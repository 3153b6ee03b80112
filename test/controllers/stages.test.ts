import { afterEach, describe, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const FOLDER = 'fixtures/stages'
const podsAtOnce = `${FOLDER}/pods-at-once.yaml`
const podsInSteps = `${FOLDER}/pods-in-steps.yaml`
const nodes = `${FOLDER}/nodes.yaml`

const stage = (name: string, spec: object): DynamicObject => ({
  apiVersion: 'kubemu.dev/v1alpha1',
  kind: 'Stage',
  metadata: { name },
  spec,
})
const managers = ({ metadata }: DynamicObject): string[] =>
  (metadata.managedFields as { manager: string }[]).map(({ manager }) => manager)
const states = ({ status }: DynamicObject): string[] =>
  (status.containerStatuses ?? []).map(({ state }: DynamicObject) => Object.keys(state)[0])

describe('Stage files in KWOK’s shape and group', () => {
  test('Pods run at once, those of Jobs are done, deleted ones go; the kubelet has no part in it.', async () => {
    cluster = await testCluster({ stages: podsAtOnce })
    await cluster.make(
      pod('web', {
        initContainers: [
          { name: 'setup', image: 'nginx' },
          { name: 'proxy', image: 'envoy', restartPolicy: 'Always' },
        ],
        readinessGates: [{ conditionType: 'example.com/gate' }],
      }),
    )
    const web = await cluster.see('pods', 'web')
    expect(web.status).toMatchObject({
      phase: 'Running',
      hostIPs: [{ ip: '172.18.0.2' }],
      podIPs: [{ ip: '10.244.0.2' }],
      startTime: '2026-01-01T00:00:00Z',
      initContainerStatuses: [
        { name: 'setup', state: { terminated: { reason: 'Completed' } } },
        { name: 'proxy', state: { running: {} } },
      ],
      containerStatuses: [{ name: 'main', image: 'nginx', ready: true, state: { running: {} } }],
    })
    expect(web.status.conditions.map(({ type, status }: DynamicObject) => `${type}=${status}`)).toEqual(
      expect.arrayContaining(['Ready=True', 'example.com/gate=True', 'PodScheduled=True']),
    )
    expect(managers(web)).toEqual(['kubemu', 'kubemu-stages'])
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'nginx' }] } }
    await cluster.make({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'job', namespace: 'default' },
      spec: { template },
    })
    expect((await cluster.see('jobs.batch', 'job')).status.succeeded).toBe(1)
    await cluster.client.delete('pods', 'default', 'web')
    await cluster.settle()
    expect((await cluster.client.list('pods')).map(({ metadata }) => metadata.generateName)).toEqual(['job-'])
  })

  test('An address goes back when its pod does.', async () => {
    cluster = await testCluster({ stages: podsAtOnce })
    await cluster.make(pod('one'), pod('two'))
    expect((await cluster.see('pods', 'two')).status.podIP).toBe('10.244.0.3')
  })

  test('Pods take their time for each step, as annotations say, and a label makes one fail.', async () => {
    cluster = await testCluster({ stages: podsInSteps })
    const annotations = { 'pod-created.example.com/delay': '2s', 'pod-created.example.com/jitter-delay': '2s' }
    await cluster.make(pod('slow', {}, { annotations }))
    await cluster.pass(1_999)
    expect((await cluster.see('pods', 'slow')).status.podIP).toBeUndefined()
    await cluster.pass(1)
    expect(states(await cluster.see('pods', 'slow'))).toEqual(['waiting'])
    expect(await cluster.events('Pod', 'slow')).toContain('Created: Created container')
    await cluster.pass(5_000)
    const running = await cluster.see('pods', 'slow')
    expect(states(running)).toEqual(['running'])
    await cluster.client.modify<DynamicObject>('pods', 'default', 'slow', (old) => ({
      ...old,
      metadata: {
        ...old.metadata,
        labels: { 'example.com/fails': 'true' },
        annotations: { 'example.com/exit-code': '7' },
      },
    }))
    await cluster.settle()
    expect((await cluster.see('pods', 'slow')).status).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 7 } } }],
    })
  })

  test('A pod goes after its delay, and not while a finalizer holds it.', async () => {
    cluster = await testCluster({ stages: podsInSteps })
    await cluster.make(pod('web'))
    await cluster.pass(20_000)
    await cluster.client.delete('pods', 'default', 'web')
    await cluster.settle()
    expect((await cluster.see('pods', 'web')).metadata.deletionTimestamp).toBeDefined()
    await cluster.pass(31_000)
    expect(await cluster.client.list('pods')).toEqual([])
  })

  test('Nodes are theirs from the start, keep their leases, and beat by themselves.', async () => {
    cluster = await testCluster({ stages: [nodes, podsAtOnce], nodes: 2 })
    const started = await cluster.see('nodes', 'node-1')
    expect(started.status).toMatchObject({
      phase: 'Running',
      addresses: [
        { type: 'InternalIP', address: '172.18.0.2' },
        { type: 'Hostname', address: 'node-1' },
      ],
      allocatable: { cpu: '1k', memory: '1Ti', pods: '1M' },
      nodeInfo: { kubeletVersion: 'stage-v1.37.0', osImage: '' },
    })
    expect(managers(started)).not.toContain('kubelet')
    await cluster.pass(25_000)
    const beat = await cluster.see('nodes', 'node-1')
    expect(beat.status.conditions[0].lastHeartbeatTime).toBe('2026-01-01T00:00:25Z')
    const lease = await cluster.see('leases.coordination.k8s.io', 'node-2', 'kube-node-lease')
    expect(lease.spec.renewTime).toBe('2026-01-01T00:00:25.000000Z')
    await cluster.make(pod('web', { nodeName: 'node-2' }))
    expect((await cluster.see('pods', 'web')).status.hostIP).toBe('172.18.0.3')
  })
})

describe('Stages through the API', () => {
  test('are served only where they are wanted.', async () => {
    cluster = await testCluster()
    await expect(cluster.apply(stage('any', { resourceRef: { kind: 'Pod' } }))).rejects.toThrow('no matches for kind')
  })

  test('take over the pods that they select, and leave the others to the kubelet.', async () => {
    cluster = await testCluster({ stages: true })
    const matchLabels = { app: 'staged' }
    const statusTemplate = 'phase: Running\nmessage: {{ printf "%s is staged" .metadata.name }}'
    await cluster.make(
      stage('staged', { resourceRef: { kind: 'Pod' }, selector: { matchLabels }, next: { statusTemplate } }),
    )
    await cluster.make(pod('one', {}, { labels: matchLabels }), pod('two'))
    expect((await cluster.see('pods', 'one')).status).toMatchObject({ phase: 'Running', message: 'one is staged' })
    expect(states(await cluster.see('pods', 'one'))).toEqual([])
    expect(states(await cluster.see('pods', 'two'))).toEqual(['running'])
    await cluster.client.delete('stages.kubemu.dev', '', 'staged')
    await cluster.client.delete('pods', 'default', 'one')
    await cluster.settle()
    expect((await cluster.client.list('pods')).map(({ metadata }) => metadata.name)).toEqual(['two'])
  })

  test('are for any kind: steps with events, finalizers, and patches of all types.', async () => {
    cluster = await testCluster({ stages: true })
    const selector = (expression: string) => ({ matchExpressions: [{ cel: { expression } }] })
    await cluster.make(
      stage('first', {
        resourceRef: { apiGroup: 'v1', kind: 'ConfigMap' },
        selector: selector('has(self.data) && has(self.data.step) && self.data.step == "0"'),
        steps: [
          { event: { type: 'Warning', reason: 'Step', message: 'the first step' } },
          { finalizers: { add: [{ value: 'example.com/held' }] } },
          { patch: { type: 'merge', root: 'data', template: 'step: "1"\nname: {{ .metadata.name | Quote }}' } },
        ],
      }),
      stage('second', {
        resourceRef: { apiGroup: 'v1', kind: 'ConfigMap' },
        selector: { matchExpressions: [{ jq: { key: '.data.step', operator: 'In', values: ['1'] } }] },
        delay: { durationFrom: { cel: { expression: 'duration("30s")' } } },
        next: {
          finalizers: { empty: true },
          patches: [{ type: 'json', root: 'data', template: '[{op: replace, path: /step, value: "2"}]' }],
        },
      }),
    )
    await cluster.make({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'it', namespace: 'default' },
      data: { step: '0' },
    })
    const before = await cluster.see('configmaps', 'it')
    expect(before).toMatchObject({ data: { step: '1', name: 'it' }, metadata: { finalizers: ['example.com/held'] } })
    expect(await cluster.events('ConfigMap', 'it')).toEqual(['Step: the first step'])
    await cluster.pass(30_000)
    const after = await cluster.see('configmaps', 'it')
    expect(after.data.step).toBe('2')
    expect(after.metadata.finalizers).toBeUndefined()
  })

  const configMap = (name: string, data: object): DynamicObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  })
  const lacks = (key: string) => ({ matchExpressions: [{ key, operator: 'DoesNotExist' }] })

  test('make other objects, and change them where they are, status alone if they say so.', async () => {
    cluster = await testCluster({ stages: true })
    const template = `apiVersion: v1
kind: ConfigMap
metadata: { name: copy }
data: { of: {{ .data.text | Quote }} }`
    const status = 'apiVersion: v1\nkind: Node\nmetadata: { name: node-1 }\nstatus: { phase: Pending }'
    await cluster.make(
      stage('copies', {
        resourceRef: { kind: 'ConfigMap' },
        selector: { matchExpressions: [{ key: '.data.text', operator: 'Exists' }] },
        steps: [{ apply: { template } }, { apply: { template: status, subresource: 'status' } }],
      }),
    )
    await cluster.make(configMap('it', { text: 'first' }))
    expect((await cluster.see('configmaps', 'copy')).data).toEqual({ of: 'first' })
    await cluster.client.patch('configmaps', 'default', 'copy', 'merge', { data: { of: 'mine', other: 'kept' } })
    await cluster.make(configMap('it', { text: 'second' }))
    await cluster.pass(1000)
    const copy = await cluster.see('configmaps', 'copy')
    expect(copy.data).toEqual({ of: 'second', other: 'kept' })
    const applied = copy.metadata.managedFields?.find(({ operation }) => operation === 'Apply')
    expect(applied).toMatchObject({ manager: 'kubemu-stages', fieldsV1: { 'f:data': { 'f:of': {} } } })
    const node = await cluster.client.get<DynamicObject>('nodes', '', 'node-1')
    expect(node.status.phase).toBe('Pending')
    expect(managers(node)).toContain('kubemu-stages')
  })

  test.each([
    ['metadata: {}', 'template must include apiVersion and kind'],
    ['{apiVersion: v1, kind: Nothing}', 'failed to map v1, Kind=Nothing: no matches for it'],
    ['{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: nowhere}}', 'namespaces "nowhere" not found'],
    [
      '{apiVersion: v1, kind: Secret}',
      'Secret "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      '{apiVersion: v1, kind: Secret, metadata: {name: a}, data: [1]}',
      'Secret in version "v1" cannot be handled as a Secret: json: cannot unmarshal array into Go struct field Secret.data of type map[string][]uint8',
    ],
  ])('say so in an Event where nothing can be made of %s', async (template, why) => {
    cluster = await testCluster({ stages: true })
    await cluster.make(
      stage('makes', {
        resourceRef: { kind: 'ConfigMap' },
        selector: lacks('.data.none'),
        steps: [{ apply: { template } }],
      }),
    )
    await cluster.make(configMap('it', {}))
    expect(await cluster.events('ConfigMap', 'it')).toEqual([`StageFailed: kubemu.dev/v1alpha1/makes: ${why}`])
  })

  /** What gives jane the rights. */
  const janes = (...rules: object[]): DynamicObject[] => {
    const metadata = { name: 'jane', namespace: 'default' }
    const apiGroup = 'rbac.authorization.k8s.io'
    const roleRef = { apiGroup, kind: 'Role', name: 'jane' }
    const subjects = [{ apiGroup, kind: 'User', name: 'jane' }]
    return [
      { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules },
      { apiVersion: `${apiGroup}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects },
    ]
  }
  const maps = { apiGroups: [''], resources: ['configmaps'] }
  const impersonation = { username: 'jane' }
  const silent = { debug() {}, info() {}, warn() {}, error() {} }

  test('write in the name of a user who has the right to, which a right to objects by name is not for new ones.', async () => {
    cluster = await testCluster({ stages: true, authorizationMode: 'RBAC', logger: silent })
    const copy = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: copy, labels: { not: one } }'
    await cluster.make(
      stage('labels', {
        resourceRef: { kind: 'ConfigMap' },
        selector: lacks('.metadata.labels'),
        steps: [
          { apply: { template: copy, impersonation } },
          { patch: { root: 'metadata', template: 'labels: { by: jane }', impersonation } },
        ],
      }),
      ...janes({ ...maps, verbs: ['create', 'patch'], resourceNames: ['copy', 'it'] }),
      configMap('it', {}),
    )
    await cluster.pass(60_000)
    expect((await cluster.see('configmaps', 'it')).metadata.labels).toBeUndefined()
    await cluster.make(...janes({ ...maps, verbs: ['create', 'patch'] }))
    await cluster.pass(60_000)
    expect((await cluster.see('configmaps', 'copy')).metadata.labels).toEqual({ not: 'one' })
    expect((await cluster.see('configmaps', 'it')).metadata.labels).toEqual({ by: 'jane' })
  })

  test('make objects of the cluster, whatever namespace their templates say.', async () => {
    cluster = await testCluster({ stages: true })
    const template =
      'apiVersion: v1\nkind: Namespace\nmetadata: { name: made, namespace: nowhere, labels: { n: {{ .data.n | Quote }} } }'
    await cluster.make(
      stage('makes', {
        resourceRef: { kind: 'ConfigMap' },
        selector: lacks('.data.none'),
        steps: [{ apply: { template } }],
      }),
    )
    for (const n of ['1', '2']) {
      await cluster.make(configMap('it', { n }))
      await cluster.pass(1_000)
      const { metadata } = await cluster.client.get('namespaces', '', 'made')
      expect(metadata).toMatchObject({ labels: { n } })
      expect(metadata).not.toHaveProperty('namespace')
    }
  })

  test('are drawn by weight; a weight of 0 is none.', async () => {
    cluster = await testCluster({ stages: true })
    const drawn = (name: string, weight: number) =>
      stage(name, {
        resourceRef: { kind: 'Pod' },
        selector: { matchExpressions: [{ key: '.status.message', operator: 'DoesNotExist' }] },
        weight,
        next: { statusTemplate: `message: ${name}` },
      })
    await cluster.make(drawn('often', 3), drawn('seldom', 1), drawn('never', 0))
    await cluster.make(...Array.from({ length: 40 }, (_, i) => pod(`p${i}`)))
    const counts: Record<string, number> = {}
    for (const { status } of await cluster.client.list<DynamicObject>('pods'))
      counts[status.message] = (counts[status.message] ?? 0) + 1
    expect(Object.keys(counts).sort()).toEqual(['often', 'seldom'])
    expect(counts['often']).toBeGreaterThan(counts['seldom'])
  })

  test('that make what they select wait a second before the next time.', async () => {
    cluster = await testCluster({ stages: true })
    await cluster.make(
      stage('count', {
        resourceRef: { kind: 'ConfigMap' },
        selector: { matchLabels: { counted: 'true' } },
        next: { patches: [{ root: 'data', template: 'count: {{ .data.count | int | add 1 | Quote }}' }] },
      }),
    )
    const metadata = { name: 'it', namespace: 'default', labels: { counted: 'true' } }
    await cluster.make({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { count: '0' } })
    expect((await cluster.see('configmaps', 'it')).data.count).toBe('1')
    await cluster.pass(1_000)
    expect((await cluster.see('configmaps', 'it')).data.count).toBe('2')
  })

  test('whose writer may not write yet are tried again without their delay.', async () => {
    cluster = await testCluster({ stages: true, authorizationMode: 'RBAC', logger: silent })
    await cluster.make(
      stage('label', {
        resourceRef: { kind: 'ConfigMap' },
        selector: lacks('.metadata.labels.made'),
        delay: { durationMilliseconds: 60_000 },
        steps: [{ patch: { root: 'metadata', template: 'labels: { made: late }', impersonation } }],
      }),
    )
    await cluster.make(configMap('it', {}))
    await cluster.pass(60_000)
    expect((await cluster.see('configmaps', 'it')).metadata.labels).toBeUndefined()
    await cluster.make(...janes({ ...maps, verbs: ['patch'] }))
    await cluster.pass(1_000)
    expect((await cluster.see('configmaps', 'it')).metadata.labels).toEqual({ made: 'late' })
  })

  test('whose template fails for an object say so in an Event of it.', async () => {
    cluster = await testCluster({ stages: true })
    const next = { statusTemplate: 'message: {{ index .spec.initContainers 0 }}' }
    await cluster.make(stage('fails', { resourceRef: { kind: 'Pod' }, selector: { matchLabels: { a: 'b' } }, next }))
    await cluster.make(pod('web', {}, { labels: { a: 'b' } }))
    expect(await cluster.events('Pod', 'web')).toContain(
      'StageFailed: kubemu.dev/v1alpha1/fails: error calling index: index of untyped nil',
    )
  })
})

describe('What cannot be played is told in an Event', () => {
  const selector = { matchLabels: { a: 'b' } }
  test.each([
    ['a template', { selector, next: { statusTemplate: '{{ nope }}' } }, 'function "nope" not defined'],
    [
      'a path',
      { selector: { matchExpressions: [{ key: 'def f: 1', operator: 'Exists' }] } },
      'cannot read the jq expression',
    ],
    ['an expression', { selector: { matchExpressions: [{ cel: { expression: 'self +' } }] } }, 'Syntax error'],
    [
      'how another object is changed',
      { selector, steps: [{ apply: { template: 'x', type: 'json' } }] },
      'the patch type "json" is not supported',
    ],
  ])('%s', async (_, spec, problem) => {
    const warnings: string[] = []
    const warn = (_fields: object, message: string) => warnings.push(message)
    cluster = await testCluster({ stages: true, logger: { debug() {}, info() {}, warn, error: warn } })
    await cluster.make(stage('bad', { resourceRef: { kind: 'Pod' }, ...spec }))
    expect(await cluster.events('Stage', 'bad')).toEqual([expect.stringContaining(problem)])
    expect(warnings).toEqual([expect.stringContaining(problem)])
  })
})

describe('ContainerBehaviors', () => {
  const behavior = (name: string, spec: object): DynamicObject => ({
    apiVersion: 'kubemu.dev/v1alpha1',
    kind: 'ContainerBehavior',
    metadata: { name },
    spec,
  })

  test('say what containers do, by image, command, name, namespace and labels; annotations go before them.', async () => {
    cluster = await testCluster({ stages: true })
    await cluster.make(
      behavior('a-image', { selector: { images: ['registry.example.com/*'] }, behavior: { exitCode: 3 } }),
      behavior('b-command', { selector: { commands: ['migrate --all*'] }, behavior: { exitsAfter: '5s' } }),
      behavior('c-labels', {
        selector: { matchLabels: { app: 'slow' }, containers: ['main'] },
        behavior: { pullError: 'no' },
      }),
    )
    const once = (main: object) => ({ restartPolicy: 'Never', containers: [{ name: 'main', image: 'nginx', ...main }] })
    await cluster.make(
      pod('image', once({ image: 'registry.example.com/app:1' })),
      pod('command', once({ command: ['migrate'], args: ['--all', '--fast'] })),
      pod('labels', once({}), { labels: { app: 'slow' } }),
      pod('annotated', once({ image: 'registry.example.com/app:1' }), {
        annotations: { 'kubemu.dev/behavior': '{exitCode: 0}' },
      }),
      pod('other', once({})),
    )
    await cluster.pass(5_000)
    const phases = Object.fromEntries(
      (await cluster.client.list<DynamicObject>('pods')).map(({ metadata, status }) => [metadata.name, status.phase]),
    )
    expect(phases).toEqual({
      image: 'Failed',
      command: 'Succeeded',
      labels: 'Pending',
      annotated: 'Succeeded',
      other: 'Running',
    })
  })

  test('that change, change what runs.', async () => {
    cluster = await testCluster({ stages: true })
    await cluster.make(pod('web', { restartPolicy: 'Never' }))
    await cluster.make(behavior('ends', { behavior: { exitsAfter: '10s', exitCode: 2 } }))
    await cluster.pass(10_000)
    expect((await cluster.see('pods', 'web')).status.phase).toBe('Failed')
  })
})
