/** Server-side apply by several managers, custom resources from definition to instance, strict validation, explain. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Fresh } from './guestbook.ts'

const manifest = (name: string): string => fileURLToPath(new URL(`../manifests/${name}.yaml`, import.meta.url))

const web = (replicas: number, image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: ${image} }] }
`
const issuer = (spec: string): string => `
apiVersion: pki.example.com/v1
kind: Issuer
metadata: { name: ca }
spec: ${spec}
`

const route = (spec: string): string => `
apiVersion: traffic.example.com/v1
kind: Route
metadata: { name: r }
spec: ${spec}
`

export function applyTests(fresh: Fresh): void {
  test('two managers of one Deployment conflict, force and share', async () => {
    const kubectl = await fresh('managers')
    const apply = ['apply', '--server-side', '-f', '-', '--field-manager']
    expect(await kubectl.pipe(web(1, 'a:1'), ...apply, 'first')).toBe('deployment.apps/web serverside-applied\n')
    const { stderr, code } = await kubectl.run([...apply, 'second'], { input: web(2, 'b:1') })
    expect(code).toBe(1)
    expect(stderr).toContain(
      'error: Apply failed with 2 conflicts: conflicts with "first":\n' +
        '- .spec.replicas\n- .spec.template.spec.containers[name="web"].image\n',
    )
    await kubectl.pipe(web(2, 'b:1'), ...apply, 'second', '--force-conflicts')
    const owners = (field: string) =>
      kubectl('get', 'deployment', 'web', '--show-managed-fields', '-o', 'json').then((text) => {
        const { managedFields } = JSON.parse(text).metadata as {
          managedFields: { manager: string; fieldsV1: object }[]
        }
        return managedFields
          .filter(({ manager }) => manager !== 'kube-controller-manager')
          .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes(`"f:${field}"`))
          .map((it) => it.manager)
      })
    expect(await owners('replicas')).toEqual(['second'])
    expect(await owners('matchLabels')).toEqual([])
    expect(await owners('selector')).toEqual(['first', 'second'])
    await kubectl.pipe(web(2, 'b:1'), ...apply, 'first')
    expect(await owners('replicas')).toEqual(['first', 'second'])
  })

  test('what client-side apply owned goes over to server-side apply, and what it leaves out goes away', async () => {
    const kubectl = await fresh('upgrade')
    const map = (data: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m }\ndata: ${data}\n`
    await kubectl.pipe(map('{x: "1", y: "2"}'), 'apply', '-f', '-')
    await kubectl.pipe(map('{x: "1"}'), 'apply', '--server-side', '-f', '-')
    expect(await kubectl('get', 'cm', 'm', '-o', 'jsonpath={.data}')).toBe('{"x":"1"}')
  })

  test('definitions are applied, established, explained, and hold their objects to the schema', async () => {
    const kubectl = await fresh('definitions')
    await kubectl('apply', '-f', manifest('issuers'))
    await kubectl('apply', '--server-side', '--force-conflicts', '-f', manifest('routes'))
    await kubectl(
      'wait',
      '--for=condition=Established',
      'crd/issuers.pki.example.com',
      'crd/routes.traffic.example.com',
    )
    expect(
      await kubectl.pipe(
        issuer('{ acme: { server: https://a.example.com, solvers: [{ port: http }] } }'),
        'apply',
        '-f',
        '-',
      ),
    ).toBe('issuer.pki.example.com/ca created\n')
    expect(await kubectl('get', 'issuers,routes', '-o', 'name')).toBe('issuer.pki.example.com/ca\n')
    expect(await kubectl('get', 'iss', 'ca', '-o', 'jsonpath={.spec.acme.profile}')).toBe('classic')
    expect(await kubectl('explain', 'issuer.spec.ca')).toMatch(
      /FIELD: +ca <Object>[\s\S]*Signs with a key pair of a secret\.[\s\S]*secretName\s+<string> -required-\s+Name of the secret with the key pair\./,
    )
    expect(await kubectl('explain', 'routes', '--api-version=traffic.example.com/v1beta1')).toContain(
      'A Route sends requests to backends.',
    )
    await kubectl(
      'patch',
      'iss',
      'ca',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"conditions":[{"type":"Ready","status":"True","message":"fine"}]}}',
    )
    expect((await kubectl('get', 'pki', '-o', 'wide', '--no-headers')).split(/ +/).slice(0, 3)).toEqual([
      'ca',
      'True',
      'fine',
    ])
    await kubectl.pipe(route('{ className: a, rules: [{ backendRefs: [{ name: b }] }] }'), 'apply', '-f', '-')
    const broken = route('{ className: c, rules: [{ backendRefs: [{ name: b, weight: 0 }, { name: c, weight: 0 }] }] }')
    const { stderr } = await kubectl.run(['apply', '-f', '-'], { input: broken })
    expect(stderr).toContain('spec.className: Invalid value: "c": className is immutable')
    expect(stderr).toContain('spec.rules[0].backendRefs: Invalid value: all weights are zero')
    // The same again is no change.
    expect(await kubectl('apply', '-f', manifest('issuers'))).toBe(
      'customresourcedefinition.apiextensions.k8s.io/issuers.pki.example.com unchanged\n',
    )
    await kubectl('delete', '-f', manifest('issuers'), '-f', manifest('routes'))
    expect(await kubectl.fails('get', '--raw', '/apis/pki.example.com/v1')).toContain('NotFound')
  })

  test('strict validation names what the schema does not know, for built-in and custom kinds', async () => {
    const kubectl = await fresh('strict')
    await kubectl('apply', '-f', manifest('issuers'))
    await kubectl('wait', '--for=condition=Established', 'crd/issuers.pki.example.com')
    const wrong = web(1, 'a:1').replace('replicas', 'replica')
    expect(await kubectl.run(['apply', '--validate=strict', '-f', '-'], { input: wrong })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('strict decoding error: unknown field "spec.replica"'),
    })
    const spec = '{ ca: { secretName: s, secret: x } }'
    expect((await kubectl.run(['apply', '--validate=strict', '-f', '-'], { input: issuer(spec) })).stderr).toContain(
      'Issuer in version "v1" cannot be handled as a Issuer: strict decoding error: unknown field "spec.ca.secret"',
    )
    const warned = await kubectl.run(['apply', '--validate=warn', '-f', '-'], { input: issuer(spec) })
    expect(warned).toMatchObject({ code: 0, stderr: 'Warning: unknown field "spec.ca.secret"\n' })
    const invalid = await kubectl.run(['apply', '-f', '-'], { input: issuer('{ ca: {} }') })
    expect(invalid.stderr).toContain('is invalid: spec.ca.secretName: Required value')
    await kubectl('delete', '-f', manifest('issuers'))
  })
}
