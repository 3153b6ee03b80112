import { describe, expect, it } from 'vitest'
import { ADMISSION_PLUGINS, admissionProblems } from '../../../src/registry/admission/admission.ts'
import type { AdmissionPlugin } from '../../../src/registry/admission/plugin.ts'
import { KNOWN_PLUGINS, selectPlugins } from '../../../src/registry/admission/selection.ts'

const plugins: AdmissionPlugin[] = [{ name: 'A' }, { name: 'B', offByDefault: true }, { name: 'C' }]

describe('the selection of plug-ins', () => {
  it.each([
    [{}, ['A', 'C']],
    [{ enable: ['B'] }, ['A', 'B', 'C']],
    [{ enable: ['C'], disable: ['A'] }, ['C']],
    [{ disable: ['A', 'B', 'C'] }, []],
  ])('%j leaves %j', (selection, expected) => {
    expect(selectPlugins(selection, plugins).map(({ name }) => name)).toEqual(expected)
  })

  it.each([
    [{ enable: ['Nope'] }, ['enable-admission-plugins plugin "Nope" is unknown']],
    [{ disable: ['podsecurity'] }, ['disable-admission-plugins plugin "podsecurity" is unknown']],
    [
      { enable: ['PodSecurity', 'LimitRanger', 'Priority'], disable: ['Priority', 'LimitRanger'] },
      ['[LimitRanger Priority] in enable-admission-plugins and disable-admission-plugins overlapped'],
    ],
    [
      { enable: ['ImagePolicyWebhook'] },
      ['enable-admission-plugins plugin "ImagePolicyWebhook" is not supported by kubemu'],
    ],
    [{ disable: ['ImagePolicyWebhook'] }, []],
  ])('%j is answered with %j', (selection, expected) => {
    expect(admissionProblems(selection)).toEqual(expected)
  })

  it('knows every plug-in of the table, in this order', () => {
    const names = ADMISSION_PLUGINS.map(({ name }) => name)
    expect(KNOWN_PLUGINS.filter((name) => names.includes(name))).toEqual(names)
  })
})
