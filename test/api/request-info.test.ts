import { expect, it } from 'vitest'
import { parseRequestInfo } from '../../src/api/request-info.ts'

const info = (method: string, url: string) => {
  const [path = '', query] = url.split('?')
  return parseRequestInfo(method, path, new URLSearchParams(query))
}

it.each([
  [
    'GET',
    '/api/v1/namespaces/a/pods/web',
    { verb: 'get', version: 'v1', namespace: 'a', resource: 'pods', name: 'web' },
  ],
  [
    'GET',
    '/api/v1/namespaces/a/pods/',
    { verb: 'list', namespace: 'a', resource: 'pods', name: '', inNamespace: true },
  ],
  [
    'GET',
    '/apis/apps/v1/deployments?watch=1',
    { verb: 'watch', group: 'apps', resource: 'deployments', namespace: '' },
  ],
  ['GET', '/api/v1/watch/namespaces/a/pods/web', { verb: 'watch', isLegacyWatch: true, resource: 'pods', name: 'web' }],
  ['GET', '/api/v1/namespaces', { verb: 'list', resource: 'namespaces', name: '' }],
  [
    'GET',
    '/api/v1/namespaces/a',
    { verb: 'get', resource: 'namespaces', name: 'a', namespace: '', inNamespace: false },
  ],
  ['PUT', '/api/v1/namespaces/a/finalize', { resource: 'namespaces', name: 'a', subresource: 'finalize' }],
  ['GET', '/api/v1/namespaces/a/namespaces/b', { resource: 'namespaces', name: 'b', namespace: '', inNamespace: true }],
  ['GET', '/api/v1/namespaces//pods/web', { resource: 'pods', name: 'web', namespace: '', inNamespace: true }],
  ['PATCH', '/api/v1/nodes/a%2Fb', { verb: 'patch', resource: 'nodes', name: 'a', subresource: 'b', rest: '' }],
  ['POST', '/api/v1/namespaces/a/pods/w/proxy/b/c/', { verb: 'create', subresource: 'proxy', rest: 'b/c' }],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments', { verb: 'deletecollection', group: 'apps', name: '' }],
])('%s %s is about a resource', (method, url, expected) => {
  expect(info(method, url)).toMatchObject({ isResourceRequest: true, ...expected })
})

it.each([
  '/',
  '/api',
  '/api/v1',
  '/api/v1/',
  '/apis/apps/v1',
  '/apis/apps/v1/',
  '/version',
  '/apiary/v1/pods',
  '/api/v1/%zz/a',
])('%s is about none', (url) => {
  expect(info('GET', url)).toMatchObject({ isResourceRequest: false, verb: 'get', group: '', resource: '', path: url })
})
