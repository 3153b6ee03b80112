/** Kinds whose status the server itself writes, a moment after the creation: they are compared, and used, as they are then. */
import type { ResourceFact } from '../../src/apimachinery/schema/facts.ts'
import type { Answer, Send, WireRequest } from './wire.ts'

interface Settling {
  metadata?: { name?: string }
  status?: { conditions?: { type: string; status: string }[] | null }
}

/** The condition by which one knows, and what it says then. */
const CONDITIONS: Record<string, readonly [type: string, status?: string]> = {
  CustomResourceDefinition: ['Established', 'True'],
  APIService: ['Available', 'True'],
  FlowSchema: ['Dangling'],
}
const PATIENCE_MS = 3000
const PAUSE_MS = 40

/** The answer to a creation, with the object as the server left it. Other answers stay as they are. */
export async function settled(send: Send, fact: ResourceFact, request: WireRequest, answer: Answer): Promise<Answer> {
  const [type, wanted] = CONDITIONS[fact.kind] ?? []
  const { metadata } = (answer.body ?? {}) as Settling
  if (type === undefined || answer.status !== 201 || !metadata?.name || request.path.includes('dryRun')) return answer
  const [collection = ''] = request.path.split('?')
  const path = request.method === 'POST' ? `${collection}/${metadata.name}` : collection
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const { body } = await send({ method: 'GET', path, accept: request.accept })
    const { status } = ((body as { protobuf?: Settling })?.protobuf ?? body ?? {}) as Settling
    const found = status?.conditions?.find((one) => one.type === type)
    if (found && (wanted ?? found.status) === found.status) return { ...answer, body }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  return answer
}
