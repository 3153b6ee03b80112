/** Kubeconfig files for emulated clusters. */

/** The text of a kubeconfig with one context, `kubemu`, for a server at `url`. */
export function kubeconfigFor(url: string): string {
  // Some clients refuse http:// unless told that nothing is verified.
  return `apiVersion: v1
kind: Config
current-context: kubemu
clusters:
- name: kubemu
  cluster:
    server: ${url}
    insecure-skip-tls-verify: true
contexts:
- name: kubemu
  context:
    cluster: kubemu
    user: kubernetes-admin
users:
- name: kubernetes-admin
  user: {}
`
}
