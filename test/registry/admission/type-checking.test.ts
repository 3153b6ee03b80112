/** What the recorded suite of policies cannot hold: names of types, which are made of the time, and the limit of types. */
import { expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { selectControllers } from '../../../src/controllers/controllers.ts'
import { controllerCluster } from '../../support/controller-cluster.ts'

async function warningsOf(resources: string[], expression: string): Promise<string[]> {
  const { client, runner } = await controllerCluster(selectControllers(['validatingadmissionpolicy-status']))
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources }
  await client.create('validatingadmissionpolicies.admissionregistration.k8s.io', {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression }] },
  } as DynamicObject)
  await runner.settle()
  const [policy] = await client.list<DynamicObject>('validatingadmissionpolicies.admissionregistration.k8s.io')
  await runner.stop()
  return policy['status'].typeChecking.expressionWarnings.map(({ warning }: { warning: string }) => warning)
}

it('types without a name are named by kind, time and path', async () => {
  const [warning] = await warningsOf(['pods'], "object.spec.containers + 'x' == 'y'")
  expect(warning).toContain("applied to '(list(Pod0.spec.containers.@idx), string)'")
})

it('ten types are checked and no more', async () => {
  const core = [
    'bindings',
    'configmaps',
    'endpoints',
    'limitranges',
    'namespaces',
    'nodes',
    'persistentvolumes',
    'pods',
  ]
  const [warning] = await warningsOf([...core, 'secrets', 'serviceaccounts', 'services'], 'object.nope == 1')
  expect(warning.split('undefined field')).toHaveLength(11)
})
