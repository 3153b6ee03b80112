/** `kubectl create` of everything it can create, run, expose, autoscale; and how each is printed. */
import { expect, test } from 'vitest'
import { type Fresh, rows } from './guestbook.ts'

/** Arguments after `create`, what is said, and a row of `get` (its columns before the age). */
const CREATED: [args: string[], said: string, get: string, row: string[]][] = [
  [
    ['deployment', 'web', '--image=nginx', '--replicas=0'],
    'deployment.apps/web',
    'deploy/web',
    ['web', '0/0', '0', '0'],
  ],
  [
    ['cronjob', 'hourly', '--image=b', '--schedule=0 * * * *'],
    'cronjob.batch/hourly',
    'cj/hourly',
    ['hourly', '0 * * * *'],
  ],
  [['configmap', 'c', '--from-literal=a=1', '--from-literal=b=2'], 'configmap/c', 'cm/c', ['c', '2']],
  [['secret', 'generic', 's', '--from-literal=a=1'], 'secret/s', 'secret/s', ['s', 'Opaque', '1']],
  [
    ['secret', 'docker-registry', 'reg', '--docker-username=a', '--docker-password=b'],
    'secret/reg',
    'secret/reg',
    ['reg', 'kubernetes.io/dockerconfigjson', '1'],
  ],
  [['serviceaccount', 'bot'], 'serviceaccount/bot', 'sa/bot', ['bot']],
  [['quota', 'q', '--hard=pods=10'], 'resourcequota/q', 'quota/q', ['q']],
  [
    ['role', 'reader', '--verb=get,list', '--resource=pods'],
    'role.rbac.authorization.k8s.io/reader',
    'role/reader',
    ['reader'],
  ],
  [
    ['rolebinding', 'reader', '--role=reader', '--serviceaccount=created:bot'],
    'rolebinding.rbac.authorization.k8s.io/reader',
    'rolebinding/reader',
    ['reader', 'Role/reader'],
  ],
  [
    ['clusterrole', 'see-nodes', '--verb=get', '--resource=nodes'],
    'clusterrole.rbac.authorization.k8s.io/see-nodes',
    'clusterrole/see-nodes',
    ['see-nodes'],
  ],
  [
    ['clusterrolebinding', 'see-nodes', '--clusterrole=see-nodes', '--user=jane'],
    'clusterrolebinding.rbac.authorization.k8s.io/see-nodes',
    'clusterrolebinding/see-nodes',
    ['see-nodes', 'ClusterRole/see-nodes'],
  ],
  [
    ['ingress', 'ing', '--rule=example.com/*=web:80'],
    'ingress.networking.k8s.io/ing',
    'ing/ing',
    ['ing', '<none>', 'example.com'],
  ],
  [
    ['poddisruptionbudget', 'pdb', '--selector=app=web', '--min-available=1'],
    'poddisruptionbudget.policy/pdb',
    'pdb/pdb',
    ['pdb', '1', 'N/A', '0'],
  ],
  [
    ['priorityclass', 'high', '--value=1000'],
    'priorityclass.scheduling.k8s.io/high',
    'pc/high',
    ['high', '1000', 'false'],
  ],
  [['service', 'clusterip', 'ci', '--tcp=80'], 'service/ci', 'svc/ci', ['ci', 'ClusterIP']],
  [['service', 'nodeport', 'np', '--tcp=80'], 'service/np', 'svc/np', ['np', 'NodePort']],
  [['service', 'loadbalancer', 'lb', '--tcp=80'], 'service/lb', 'svc/lb', ['lb', 'LoadBalancer']],
  [
    ['service', 'externalname', 'en', '--external-name=example.com'],
    'service/en',
    'svc/en',
    ['en', 'ExternalName', '<none>', 'example.com'],
  ],
]

export function createTests(fresh: Fresh): void {
  test('create makes each kind it knows, and get shows it', async () => {
    const kubectl = await fresh('created')
    for (const [args, said, get, row] of CREATED) {
      expect(await kubectl('create', ...args)).toBe(`${said} created\n`)
      expect(rows(await kubectl('get', get))[0]?.slice(0, row.length)).toEqual(row)
    }
    await kubectl('delete', 'clusterrole/see-nodes', 'clusterrolebinding/see-nodes', 'pc/high')
  })

  test('create job runs a command, also from a cron job', async () => {
    const kubectl = await fresh('jobs')
    expect(await kubectl('create', 'job', 'hello', '--image=busybox', '--', 'echo', 'hi')).toBe(
      'job.batch/hello created\n',
    )
    expect(await kubectl('get', 'job', 'hello', '-o', 'wide')).toMatch(
      /^hello +.*\bhello +busybox +batch\.kubernetes\.io\//m,
    )
    await kubectl('create', 'cronjob', 'hourly', '--image=busybox', '--schedule=0 * * * *', '--', 'date')
    expect(await kubectl('create', 'job', 'manual', '--from=cronjob/hourly')).toBe('job.batch/manual created\n')
    expect(await kubectl('get', 'job', 'manual', '-o', 'jsonpath={.metadata.ownerReferences[0].name}')).toBe('hourly')
    expect(await kubectl('describe', 'job', 'manual')).toMatch(
      /^Annotations: +cronjob\.kubernetes\.io\/instantiate: manual$/m,
    )
  })

  test('create token answers a signed token for an account that exists', async () => {
    const kubectl = await fresh('tokens')
    const token = (await kubectl('create', 'token', 'default')).trim()
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.sub).toBe('system:serviceaccount:tokens:default')
    expect(claims.exp - claims.iat).toBe(3600)
    expect(await kubectl.fails('create', 'token', 'nobody')).toContain('serviceaccounts "nobody" not found')
    expect(await kubectl.fails('create', 'token', 'default', '--duration=1s')).toContain(
      'may not specify a duration less than 10 minutes',
    )
  })

  test('a new namespace has its account and certificate, and is described', async () => {
    const kubectl = await fresh('default')
    expect(await kubectl('create', 'namespace', 'team')).toBe('namespace/team created\n')
    expect(await kubectl('get', 'ns', 'team')).toMatch(/^team +Active /m)
    expect(await kubectl('describe', 'ns', 'team')).toMatch(/^Labels: +kubernetes\.io\/metadata\.name=team$/m)
    await kubectl('wait', '--for=jsonpath={.metadata.name}=default', 'sa/default', '-n', 'team', '--timeout=20s')
    await kubectl('delete', 'ns', 'team')
  })

  test('run, expose and autoscale', async () => {
    const kubectl = await fresh('run')
    const made = await kubectl('run', 'one', '--image=nginx', '--port=80', '--expose')
    expect(made.split('\n').sort()).toEqual(['', 'pod/one created', 'service/one created'])
    await kubectl('wait', '--for=condition=Ready', 'pod/one', '--timeout=20s')
    await kubectl('create', 'deployment', 'web', '--image=nginx')
    expect(await kubectl('expose', 'deploy/web', '--port=80', '--type=NodePort')).toBe('service/web exposed\n')
    expect(await kubectl('get', 'svc', 'web', '-o', 'wide')).toMatch(/NodePort .* 80:3\d{4}\/TCP .* app=web\n/)
    expect(await kubectl('autoscale', 'deploy/web', '--min=2', '--max=5')).toBe(
      'horizontalpodautoscaler.autoscaling/web autoscaled\n',
    )
    expect(await kubectl('get', 'hpa', 'web')).toMatch(/^web +Deployment\/web +\S.* 2 +5 +[0-2] /m)
  })

  test('kinds that describe prints from several objects', async () => {
    const kubectl = await fresh('described')
    await kubectl('create', 'role', 'reader', '--verb=get', '--resource=pods,deployments.apps')
    expect(await kubectl('describe', 'role', 'reader')).toMatch(/deployments\.apps +\[\] +\[\] +\[get\]/)
    await kubectl('create', 'rolebinding', 'b', '--role=reader', '--user=jane')
    expect(await kubectl('describe', 'rolebinding', 'b')).toMatch(/User +jane/)
    await kubectl('create', 'secret', 'generic', 's', '--from-literal=a=12345')
    expect(await kubectl('describe', 'secret', 's')).toContain('a:  5 bytes')
    await kubectl('create', 'configmap', 'c', '--from-literal=a=1')
    expect(await kubectl('describe', 'cm', 'c')).toMatch(/a:\n----\n1\n/)
    await kubectl('create', 'ingress', 'i', '--rule=example.com/=web:80')
    expect(await kubectl('describe', 'ing', 'i')).toContain('example.com')
    await kubectl('create', 'quota', 'q', '--hard=pods=10')
    await kubectl('wait', '--for=jsonpath={.status.used.pods}=0', 'quota/q', '--timeout=20s')
    expect(await kubectl('describe', 'quota', 'q')).toMatch(/^pods +0 +10$/m)
    expect(await kubectl('get', 'quota', 'q')).toMatch(/pods: 0\/10/)
    expect(await kubectl('describe', 'sa', 'default')).toMatch(/^Name: +default$/m)
  })
}
