// Requests of several users, for tools/record/record-rbac.mjs: what roles allow, and who may grant what.
const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const NS = 'rbac-cases'
const roles = `${RBAC}/namespaces/${NS}/roles`
const roleBindings = `${RBAC}/namespaces/${NS}/rolebindings`
const clusterRoles = `${RBAC}/clusterroles`
const clusterRoleBindings = `${RBAC}/clusterrolebindings`
const pods = `/api/v1/namespaces/${NS}/pods`
const configMaps = `/api/v1/namespaces/${NS}/configmaps`
const REVIEWS = '/apis/authorization.k8s.io/v1'

const admin = (method, path, body, contentType) => ({ method, path, body, contentType })
const as = (user, method, path, body, contentType) => ({ as: user, method, path, body, contentType })
const role = (name, rules, kind = 'Role', more = {}) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name },
  rules,
  ...more,
})
const binding = (name, roleRef, subjects, kind = 'RoleBinding') => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
  subjects,
})
const user = (name) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name })
const group = (name) => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name })
const account = (name, namespace) => ({ kind: 'ServiceAccount', name, ...(namespace ? { namespace } : {}) })
const configMap = (name, data = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const APPLY = 'application/apply-patch+yaml'
const MERGE = 'application/merge-patch+json'
const review = (attributes) => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  spec: attributes,
})
const SA = `system:serviceaccount:${NS}:bot`

export const cases = [
  admin('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } }),
  // Nobody has given alice anything.
  as('alice', 'GET', pods),
  as('alice', 'GET', `${pods}/x`),
  as('alice', 'GET', `${pods}?watch=1&timeoutSeconds=1`),
  as('alice', 'GET', '/api/v1/pods'),
  as('alice', 'GET', '/api/v1/nodes/n'),
  as('alice', 'DELETE', pods),
  as('alice', 'DELETE', `${pods}/x`),
  as('alice', 'POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: {} }),
  as('alice', 'POST', pods, 'not an object'),
  as('alice', 'PUT', `${pods}/x`, {}),
  as('alice', 'PATCH', `${pods}/x`, {}, MERGE),
  as('alice', 'PATCH', `${pods}/x/status`, {}, MERGE),
  as('alice', 'GET', `${pods}/x/log`),
  as('alice', 'GET', `/apis/apps/v1/namespaces/${NS}/deployments/web/scale`),
  as('alice', 'GET', '/apis/nothing.example.com/v1/things'),
  as('alice', 'GET', '/metrics'),
  as('alice', 'GET', '/nothing'),
  as('alice', 'POST', '/nothing<b>&', {}),
  as('alice', 'GET', '/version'),
  as('alice', 'GET', '/api'),
  as('alice', 'GET', '/healthz'),
  as(
    'alice',
    'POST',
    `${REVIEWS}/selfsubjectaccessreviews`,
    review({ resourceAttributes: { verb: 'list', resource: 'pods', namespace: NS } }),
  ),
  as(
    'alice',
    'POST',
    `${REVIEWS}/selfsubjectaccessreviews`,
    review({ nonResourceAttributes: { verb: 'get', path: '/version' } }),
  ),
  as('alice', 'POST', `${REVIEWS}/subjectaccessreviews`, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'alice', resourceAttributes: { verb: 'get', resource: 'pods' } },
  }),
  // Roles of a namespace.
  admin(
    'POST',
    roles,
    role('reader', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }]),
  ),
  admin('POST', roleBindings, binding('readers', { kind: 'Role', name: 'reader' }, [user('alice'), account('bot')])),
  as('alice', 'GET', `${configMaps}?limit=1&fieldSelector=metadata.name=none`),
  as(SA, 'GET', `${configMaps}?fieldSelector=metadata.name=none`),
  as(`system:serviceaccount:other:bot`, 'GET', configMaps),
  as('alice', 'GET', '/api/v1/configmaps'),
  as('alice', 'POST', configMaps, configMap('a')),
  as('alice', 'PATCH', `${configMaps}/a?fieldManager=alice`, configMap('a'), APPLY),
  as(
    'alice',
    'POST',
    `${REVIEWS}/selfsubjectaccessreviews`,
    review({ resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: NS } }),
  ),
  as(
    SA,
    'POST',
    `${REVIEWS}/selfsubjectaccessreviews`,
    review({ resourceAttributes: { verb: 'get', resource: 'configmaps', namespace: NS, name: 'x' } }),
  ),
  as('alice', 'POST', `${REVIEWS}/selfsubjectrulesreviews`, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: NS },
  }),
  // Names, subresources, patches that create.
  admin(
    'POST',
    roles,
    role('patcher', [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['patch', 'update'], resourceNames: ['a', 'b'] },
    ]),
  ),
  admin('POST', roleBindings, binding('patchers', { kind: 'Role', name: 'patcher' }, [group('team')])),
  { ...as('alice', 'PATCH', `${configMaps}/a?fieldManager=alice`, configMap('a'), APPLY), groups: ['team'] },
  { ...as('alice', 'PATCH', `${configMaps}/c?fieldManager=alice`, configMap('c'), APPLY), groups: ['team'] },
  admin('POST', configMaps, configMap('a')),
  { ...as('alice', 'PATCH', `${configMaps}/a`, { data: { k: 'v' } }, MERGE), groups: ['team'] },
  { ...as('alice', 'PUT', `/apis/coordination.k8s.io/v1/namespaces/${NS}/leases/l`, {}), groups: ['team'] },
  admin('POST', roles, role('scaler', [{ apiGroups: ['*'], resources: ['*/scale'], verbs: ['get'] }])),
  admin('POST', roleBindings, binding('scalers', { kind: 'Role', name: 'scaler' }, [user('carol')])),
  as('carol', 'GET', `/apis/apps/v1/namespaces/${NS}/deployments/none/scale`),
  as('carol', 'GET', `/apis/apps/v1/namespaces/${NS}/deployments/none`),
  // Bindings of the whole cluster, paths, roles that are not there.
  admin(
    'POST',
    clusterRoles,
    role('paths', [{ nonResourceURLs: ['/nothing/*', '/metrics'], verbs: ['get'] }], 'ClusterRole'),
  ),
  admin(
    'POST',
    clusterRoleBindings,
    binding('paths', { kind: 'ClusterRole', name: 'paths' }, [user('dave')], 'ClusterRoleBinding'),
  ),
  as('dave', 'GET', '/nothing/below'),
  as('dave', 'GET', '/nothing'),
  admin(
    'POST',
    clusterRoleBindings,
    binding('lost', { kind: 'ClusterRole', name: 'no-such-role' }, [user('erin')], 'ClusterRoleBinding'),
  ),
  admin('POST', roleBindings, binding('lost', { kind: 'Role', name: 'no-such-role' }, [user('erin')])),
  as('erin', 'GET', pods),
  as(
    'erin',
    'POST',
    `${REVIEWS}/selfsubjectaccessreviews`,
    review({ resourceAttributes: { verb: 'list', resource: 'pods', namespace: NS } }),
  ),
  as('erin', 'POST', `${REVIEWS}/selfsubjectrulesreviews`, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: NS },
  }),
  // Nobody grants what he has not.
  admin(
    'POST',
    roles,
    role('role-writer', [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles', 'rolebindings'],
        verbs: ['create', 'update', 'patch', 'get'],
      },
    ]),
  ),
  admin('POST', roleBindings, binding('role-writers', { kind: 'Role', name: 'role-writer' }, [user('frank')])),
  as('frank', 'POST', roles, role('empty', [])),
  as(
    'frank',
    'POST',
    roles,
    role('grab', [
      { apiGroups: ['', 'apps'], resources: ['pods', 'deployments/scale'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['one', 'two'] },
    ]),
  ),
  as(
    'frank',
    'POST',
    roles,
    role('held', [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['get'] }]),
  ),
  as('frank', 'PATCH', `${roles}/held`, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['*'] }] }, MERGE),
  as('frank', 'PATCH', `${roles}/reader`, { metadata: { finalizers: ['example.com/f'] } }, MERGE),
  as('frank', 'PATCH', `${roles}/reader`, { metadata: { finalizers: [] } }, MERGE),
  as('frank', 'PATCH', `${roles}/reader`, { metadata: { labels: { a: 'b' } } }, MERGE),
  as('frank', 'POST', roleBindings, binding('mine', { kind: 'Role', name: 'reader' }, [user('frank')])),
  as('frank', 'POST', roleBindings, binding('mine', { kind: 'Role', name: 'absent' }, [user('frank')])),
  as('frank', 'POST', roleBindings, binding('mine', { kind: 'ClusterRole', name: 'absent' }, [user('frank')])),
  as('frank', 'POST', roleBindings, binding('mine', { kind: 'Role', name: 'held' }, [user('gina')])),
  admin(
    'POST',
    roles,
    role('binder', [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['bind'], resourceNames: ['reader'] },
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['escalate'] },
    ]),
  ),
  admin('POST', roleBindings, binding('binders', { kind: 'Role', name: 'binder' }, [user('frank')])),
  as('frank', 'POST', roleBindings, binding('bound', { kind: 'Role', name: 'reader' }, [user('frank')])),
  as('frank', 'POST', roles, role('escalated', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }])),
  admin(
    'POST',
    clusterRoles,
    role(
      'cluster-role-writer',
      [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['create', 'patch'] }],
      'ClusterRole',
    ),
  ),
  admin(
    'POST',
    clusterRoleBindings,
    binding(
      'cluster-role-writers',
      { kind: 'ClusterRole', name: 'cluster-role-writer' },
      [user('hans')],
      'ClusterRoleBinding',
    ),
  ),
  as(
    'hans',
    'POST',
    clusterRoles,
    role('urls', [{ nonResourceURLs: ['/a', '/b'], verbs: ['get', 'post'] }], 'ClusterRole'),
  ),
  as(
    'hans',
    'POST',
    clusterRoles,
    role('summed', [], 'ClusterRole', { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }),
  ),
  as(
    'hans',
    'POST',
    clusterRoleBindings,
    binding('x', { kind: 'ClusterRole', name: 'paths' }, [user('hans')], 'ClusterRoleBinding'),
  ),
]
