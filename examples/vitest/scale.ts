/** The code under test: doubles a Deployment, by whatever client it is given. */
import type { Client } from 'kubemu'
import type { Deployment } from 'kubemu/types/apps-v1'

export async function double(client: Client, namespace: string, name: string): Promise<void> {
  await client.modify<Deployment>('deployments.apps', namespace, name, (old) => ({
    ...old,
    spec: { ...old.spec!, replicas: (old.spec?.replicas ?? 1) * 2 },
  }))
}
