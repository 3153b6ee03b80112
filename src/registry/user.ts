/** Who asks. Mirrors apiserver/pkg/authentication/user. */
export interface UserInfo {
  username: string
  groups: readonly string[]
  uid?: string
  extra?: Record<string, string[]>
}
