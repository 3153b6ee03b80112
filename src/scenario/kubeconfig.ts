/** Kubeconfig files for emulated clusters. */

/** The text of a kubeconfig with one context, `kubemu`, for a server at `url`; `authority`: the PEM by which an HTTPS server is known. */
export function kubeconfigFor(url: string, authority?: string): string {
  // Some clients refuse http:// unless told that nothing is verified.
  const trust = authority
    ? `certificate-authority-data: ${Buffer.from(authority).toString('base64')}`
    : 'insecure-skip-tls-verify: true'
  // Over HTTPS kubectl asks for a name and a password when it has nothing to show. Any text will do: it is no token of an account.
  const user = authority ? '\n    token: kubernetes-admin' : ' {}'
  return `apiVersion: v1
kind: Config
current-context: kubemu
clusters:
- name: kubemu
  cluster:
    server: ${url}
    ${trust}
contexts:
- name: kubemu
  context:
    cluster: kubemu
    user: kubernetes-admin
users:
- name: kubernetes-admin
  user:${user}
`
}
