/** Certificate requests: what the approving and signing controllers do. The requests were made by openssl once; their keys are gone. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'

/** PEM in base64, as spec.request holds it. */
const REQUESTS = {
  node: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIck1JR1NBZ0VBTURBeEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekVYTUJVR0ExVUVBd3dPYzNsegpkR1Z0T201dlpHVTZiakV3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVNpUVNQd1JMcFdUcFZvCmt3TlY0Mks5c2syNGFNdGx0cUpkRFEwbXJjTmUyVmFMZlpEQVplV01takY0cnp4c1JLYVBCQ0MzRnU0Sms4QWsKaTA3UHJadURvQUF3Q2dZSUtvWkl6ajBFQXdJRFNBQXdSUUloQVBjdU45U3JWdUhIRVQ0RW1NQ3gxaEp2UkhTYQpzM0ZaRzByemxTNlNicmp3QWlBdTlzQzZNSzh3cFJXWGJMKzk5Y2FLZWttRGtkWi9IT3ZYNjg2NjhXVzVWZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
  nodeWithName:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQkNqQ0JzZ0lCQURBd01SVXdFd1lEVlFRS0RBeHplWE4wWlcwNmJtOWtaWE14RnpBVkJnTlZCQU1NRG5ONQpjM1JsYlRwdWIyUmxPbTR4TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFYUJiQkgyaWhiSW84CnRZelExcElzM2pnR0tBcWtTQk8vOWN5cHpxSVFHYUZWWFJ1SXJRcnczM2s1b0VzMVRZUE1MYk9UWDRZRzdLS04KRjFRdUhuUDZHNkFnTUI0R0NTcUdTSWIzRFFFSkRqRVJNQTh3RFFZRFZSMFJCQVl3QklJQ2JqRXdDZ1lJS29aSQp6ajBFQXdJRFJ3QXdSQUlnZWFKUWg2RHdZdHlwVENjbC9hS3NDNHB0My9TWUdDVVlWOE1WY1ZJSEtRSUNJRTRZCnYzWWRmMk80TWZSQ0diK3FPdjRrQmkyKzRQblFDQWVZdHFXSnJrcHcKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  nodeWithAddress:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQkVEQ0J1QUlCQURBd01SVXdFd1lEVlFRS0RBeHplWE4wWlcwNmJtOWtaWE14RnpBVkJnTlZCQU1NRG5ONQpjM1JsYlRwdWIyUmxPbTR4TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFa3lLMzg3ODRGYi9GCllleEd4bG51eS9wTXhFcGRtMWFISmFsL21mdTBDL2Y2OXNKa0pIdGhyQzZpTVFzdkJqWGpybGFtdUZPM3ltMlAKcmcvb1ZVMUFnNkFtTUNRR0NTcUdTSWIzRFFFSkRqRVhNQlV3RXdZRFZSMFJCQXd3Q29JQ2JqR0hCQW9BQUFFdwpDZ1lJS29aSXpqMEVBd0lEUndBd1JBSWdYM0ZPV1ZvY1o4UWovRDBKS3dwR3ZRei9XeW1OL0pJeGJKVnlDQ3loCnpLVUNJQ2twajk4S3R1cWQ2OGdUL3VsRkNXQ25PNmJ4dDFMdXlIT2dRRm5iUzk2aQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K',
  user: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWE1IOENBUUF3SFRFTU1Bb0dBMVVFQ2d3RFpHVjJNUTB3Q3dZRFZRUUREQVJxWVc1bE1Ga3dFd1lIS29aSQp6ajBDQVFZSUtvWkl6ajBEQVFjRFFnQUU5TGtZL3UwSm5JUVlaelNrYzUrNG4xZnFFcjVJQnR4ZHZWTTliaWp1CjU3ZHhadzJ6NFcrdXpUZ0lkSnJNWThXNXkrb0x0U3UrVjJIWjYxNDZCQXRDTHFBQU1Bb0dDQ3FHU000OUJBTUMKQTBnQU1FVUNJRW5meFJoSXl3NllqQW4zVVFWR1dtMGFCOG9SaG1nWkpPQzFMdjBOVG9YRkFpRUFtNklZbE4yZwpOeEFMaWx1cVVwUDBaMGRxYTVZWUxRUnVWMS9sK2VHcTBXOD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  userWithoutGroup:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01IRUNBUUF3RHpFTk1Bc0dBMVVFQXd3RWFtRnVaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQk5SWVVBSC8yYVZuTmNBREloVDFWd2I1SE53MW5pdWVKWlRaekhPdms4d0F3bE4rZGtWUmVkODZzSmVQCm56VnhEcUtPOGhldlE0VFplV2Vqa3RvbzNQcWdBREFLQmdncWhrak9QUVFEQWdOSkFEQkdBaUVBaTVoeTA0emkKL0hWMlFhMkVUdEViRlVVd2ZrN0FhMlRJcXQ4WkVPN2dFWFlDSVFDODVIWGZrUzNFckRDZVVvUU85QUE2RnZ4eAplUWE3Smg0bURyYzF0L1NGQ2c9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K',
  nodesGroupOnly:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIZ01JR0lBZ0VBTUNZeEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekVOTUFzR0ExVUVBd3dFYW1GdQpaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSEEwSUFCSHoxN3ZYRjNrNGJreWk4RnZOVHc5WTZYNkpJCkU5MnllOGJQRndHZDVLNmlpeSs2MFk3T0g0K3lyTUYxaURvamdPY3lxaDRpZnZ6T0pnVmR2YjNjS0xlZ0FEQUsKQmdncWhrak9QUVFEQWdOSEFEQkVBaUFnQmVrc2Z1TENtZWRzOExOWnRDMEN3M1NlRkJLWldSQW4rZkg4S01VdQpxZ0lnTjBSc3ZoN0Z1UG0rR09aYjJncnJnWnE0ZDl5L2JJUDFyd28vZDlLeWpYZz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
  nodeWithEmail:
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQkVUQ0J1UUlCQURBd01SVXdFd1lEVlFRS0RBeHplWE4wWlcwNmJtOWtaWE14RnpBVkJnTlZCQU1NRG5ONQpjM1JsYlRwdWIyUmxPbTR4TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFQ1JDb2dQVS9HREY0CldhYysrRnVXRm5sYjhqMEh3UXlpcXpxVTNZTFM0WHQvQjNhcER3ZnhGYjV0VkwzcVRTMUs2LzdBYVkxYm5SVDcKYTBhU2J3WjVENkFuTUNVR0NTcUdTSWIzRFFFSkRqRVlNQll3RkFZRFZSMFJCQTB3QzRJQ2JqR0JCV0ZBWWk1agpNQW9HQ0NxR1NNNDlCQU1DQTBjQU1FUUNJQ0ZvR0RPZXR5SCsxUXZ4Q0NIb0lUQklLdllkK2hiWDRwYU9LMDNXCkdraGhBaUE0SXBLai9tWVNQS3dMbjNacWlydTJDcm1wRTAzQlNIOFA1NktUZTNHQ1dBPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
}

const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving'
const CLIENT = 'kubernetes.io/kube-apiserver-client'
const CLIENT_AUTH = ['digital signature', 'key encipherment', 'client auth']
const SERVER_AUTH = ['digital signature', 'key encipherment', 'server auth']

const create = (request: keyof typeof REQUESTS, signerName: string, usages: string[], more: object = {}): Step => ({
  create: {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr' },
    spec: { request: REQUESTS[request], signerName, usages, ...more },
  } as DynamicObject,
})

const decide = (type: string): Step => ({
  put: {
    resource: 'certificatesigningrequests.certificates.k8s.io',
    name: 'csr',
    subresource: 'approval',
    object: { status: { conditions: [{ type, status: 'True', reason: 'Test', message: 'by hand' }] } },
  },
})
const approve = decide('Approved')

const cases: Case[] = [
  { title: 'a kubelet client is approved and signed', steps: [create('node', KUBELET_CLIENT, CLIENT_AUTH)] },
  {
    title: 'a kubelet client without key encipherment too',
    steps: [create('node', KUBELET_CLIENT, ['digital signature', 'client auth'])],
  },
  {
    title: 'a kubelet client with a name waits, and fails when it is approved',
    steps: [create('nodeWithName', KUBELET_CLIENT, CLIENT_AUTH), approve],
  },
  {
    title: 'a kubelet client with other usages waits, and fails when it is approved',
    steps: [create('node', KUBELET_CLIENT, SERVER_AUTH), approve],
  },
  {
    title: 'a kubelet client outside the group waits, and fails when it is approved',
    steps: [create('user', KUBELET_CLIENT, CLIENT_AUTH), approve],
  },
  {
    title: 'a kubelet client with the name of no node',
    steps: [create('nodesGroupOnly', KUBELET_CLIENT, CLIENT_AUTH), approve],
  },
  {
    title: 'a kubelet server waits for approval, and is signed',
    steps: [create('nodeWithAddress', KUBELET_SERVING, SERVER_AUTH), approve],
  },
  {
    title: 'a kubelet server with a DNS name only',
    steps: [create('nodeWithName', KUBELET_SERVING, ['digital signature', 'server auth']), approve],
  },
  {
    title: 'a kubelet server without names fails',
    steps: [create('node', KUBELET_SERVING, SERVER_AUTH), approve],
  },
  {
    title: 'a kubelet server with an address of mail fails',
    steps: [create('nodeWithEmail', KUBELET_SERVING, SERVER_AUTH), approve],
  },
  {
    title: 'a kubelet server with the usages of a client fails',
    steps: [create('nodeWithAddress', KUBELET_SERVING, CLIENT_AUTH), approve],
  },
  {
    title: 'a kubelet server outside the group fails',
    steps: [create('user', KUBELET_SERVING, SERVER_AUTH), approve],
  },
  { title: 'a client waits for approval, and is signed', steps: [create('user', CLIENT, CLIENT_AUTH), approve] },
  {
    title: 'a client without a group',
    steps: [create('userWithoutGroup', CLIENT, ['client auth']), approve],
  },
  { title: 'a client for an hour', steps: [create('user', CLIENT, CLIENT_AUTH, { expirationSeconds: 3600 }), approve] },
  { title: 'a client that wants to serve fails', steps: [create('user', CLIENT, SERVER_AUTH), approve] },
  {
    title: 'a client without its usage fails',
    steps: [create('user', CLIENT, ['digital signature']), approve],
  },
  { title: 'a denied client gets nothing', steps: [create('user', CLIENT, CLIENT_AUTH), decide('Denied')] },
  {
    title: 'a signer of somebody else is left alone',
    steps: [create('user', 'example.com/signer', ['client auth']), approve],
  },
  {
    title: 'a signer of somebody else, denied',
    steps: [create('user', 'example.com/signer', ['client auth']), decide('Denied')],
  },
]

export const csr: Suite = {
  name: 'csr',
  controllers: ['certificatesigningrequest-approving', 'certificatesigningrequest-signing'],
  components: [],
  shows: ['certificatesigningrequests.certificates.k8s.io'],
  hides: ['spec'],
  exclusive: true,
  quietMs: 1000,
  cases,
}
