import { makeNamespace, PODS, pod, step } from './steps.ts'

const PROXIES = '/api/v1/namespaces/$ns/services'
const get = (path: string, method = 'GET') => step(`${method} ${path}`)
const containers = [
  { name: 'c', image: 'nginx:1' },
  { name: 'd', image: 'nginx:1' },
]

export const connects = [
  makeNamespace,
  step(`POST ${PODS}`, pod('one'), { silent: true }),
  step(`POST ${PODS}`, pod('two', {}, { containers, initContainers: [{ name: 'i', image: 'nginx:1' }] }), {
    silent: true,
  }),
  get(`${PODS}/one/log`),
  get(`${PODS}/two/log`),
  get(`${PODS}/two/log?container=d`),
  get(`${PODS}/two/log?container=i`),
  get(`${PODS}/two/log?container=x`),
  get(`${PODS}/two/log?tailLines=-1`),
  get(`${PODS}/two/log?sinceSeconds=-1&limitBytes=0`),
  get(`${PODS}/two/log?sinceSeconds=5&sinceTime=2024-01-01T00:00:00Z`),
  get(`${PODS}/two/log?tailLines=x`),
  get(`${PODS}/two/log?container=c&follow=true&timestamps=true&sinceTime=2024-01-01T00:00:00Z`),
  get(`${PODS}/two/log?container=c&sinceTime=yesterday`),
  get(`${PODS}/missing/log`),
  get(`${PODS}/missing/log?tailLines=-1`),
  get(`${PODS}/one/log`, 'DELETE'),
  get(`${PODS}/one/log`, 'POST'),
  get(`${PODS}/one/exec?command=ls`, 'POST'),
  get(`${PODS}/two/exec?command=ls`),
  get(`${PODS}/two/exec?command=ls&container=x`),
  get(`${PODS}/missing/exec?command=ls`),
  get(`${PODS}/one/attach`),
  get(`${PODS}/two/attach`, 'POST'),
  get(`${PODS}/one/portforward`),
  get(`${PODS}/two/portforward?ports=80`, 'POST'),
  get(`${PODS}/one/proxy`),
  get(`${PODS}/one/proxy/a/b`),
  get(`${PODS}/one:80/proxy/`, 'PUT'),
  get(`${PODS}/missing/proxy`),
  get(`${PROXIES}/missing/proxy`),
  get(`${PROXIES}/https:missing:web/proxy/version`),
  get('/api/v1/nodes/missing/proxy'),
  get('/api/v1/nodes/missing/proxy/healthz', 'POST'),
  get('/api/v1/nodes/missing:10250/proxy/healthz'),
]
