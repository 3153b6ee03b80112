/** ServiceAccounts, their token Secrets, and the root certificate: what a namespace gets and keeps. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'

const account = (name: string): Step => ({
  create: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } } as DynamicObject,
})
const secret = (name: string, of: string, annotations: object = {}, data?: object): Step => ({
  create: {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, annotations: { 'kubernetes.io/service-account.name': of, ...annotations } },
    type: 'kubernetes.io/service-account-token',
    ...(data ? { data } : {}),
  } as DynamicObject,
})
const patchSecret = (name: string, merge: object): Step => ({ patch: { resource: 'secrets', name, merge } })
const remove = (resource: string, name: string): Step => ({ delete: { resource, name } })

const cases: Case[] = [
  { title: 'a namespace has an account and the root certificate', steps: [{}] },
  { title: 'the default account comes again', steps: [{}, remove('serviceaccounts', 'default')] },
  { title: 'the root certificate comes again', steps: [{}, remove('configmaps', 'kube-root-ca.crt')] },
  {
    title: 'the root certificate is kept as it is',
    steps: [
      {},
      { patch: { resource: 'configmaps', name: 'kube-root-ca.crt', merge: { data: { 'ca.crt': 'mine', more: 'x' } } } },
    ],
  },
  { title: 'a Secret for an account gets its token', steps: [account('robot'), secret('robot-token', 'robot')] },
  {
    title: 'a Secret for an account that does not exist goes',
    steps: [secret('robot-token', 'robot'), account('robot')],
  },
  {
    title: 'a Secret for another account of that name goes',
    steps: [account('robot'), secret('robot-token', 'robot', { 'kubernetes.io/service-account.uid': 'another' })],
  },
  {
    title: 'a Secret goes with its account',
    steps: [account('robot'), secret('robot-token', 'robot'), remove('serviceaccounts', 'robot')],
  },
  {
    title: 'a token that was removed comes again',
    steps: [account('robot'), secret('robot-token', 'robot'), patchSecret('robot-token', { data: { token: null } })],
  },
  {
    title: 'a certificate that was changed is set right',
    steps: [
      account('robot'),
      secret('robot-token', 'robot'),
      patchSecret('robot-token', { data: { 'ca.crt': 'eA==', namespace: 'eA==' } }),
    ],
  },
  {
    title: 'other data of the Secret stays',
    steps: [account('robot'), secret('robot-token', 'robot', { note: 'x' }, { mine: 'eA==' })],
  },
  {
    title: 'a Secret that is deleted stays away',
    steps: [account('robot'), secret('robot-token', 'robot'), remove('secrets', 'robot-token')],
  },
  { title: 'two Secrets of one account', steps: [account('robot'), secret('a', 'robot'), secret('b', 'robot')] },
]

export const accounts: Suite = {
  name: 'accounts',
  controllers: ['serviceaccount', 'serviceaccount-token', 'root-ca-certificate-publisher'],
  components: ['serviceaccount-controller'],
  shows: ['serviceaccounts', 'secrets', 'configmaps'],
  quietMs: 2000,
  cases,
}
