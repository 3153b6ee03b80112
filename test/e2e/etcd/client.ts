/** Requests and watches of these tests: answers as they come, nothing is tried again. */
import type { Server } from '../server.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers
  body: any
}

export interface Followed {
  /** Resolves with all events so far once they are enough. */
  until(enough: (events: readonly SeenEvent[]) => boolean): Promise<readonly SeenEvent[]>
  close(): void
}

export interface SeenEvent {
  type: string
  name: string
  version: string
}

const JSON_TYPE = { 'content-type': 'application/json' }

export async function send(
  { url }: Pick<Server, 'url'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: JSON_TYPE,
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

export function object(name: string, data: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

/** A watch, open when this resolves. */
export async function follow({ url }: Pick<Server, 'url'>, path: string): Promise<Followed> {
  const controller = new AbortController()
  const response = await fetch(url + path, { signal: controller.signal })
  const events: SeenEvent[] = []
  const waiting = new Set<() => void>()
  const read = async (): Promise<void> => {
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines.filter(Boolean)) {
        const { type, object } = JSON.parse(line)
        const { name = '', resourceVersion: version = '' } = object.metadata
        events.push({ type, name, version })
      }
      for (const look of [...waiting]) look()
    }
  }
  read().catch((error: Error) => error.name === 'AbortError' || Promise.reject(error))
  return {
    until: (enough) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!enough(events)) return
          waiting.delete(look)
          resolve(events)
        }
        waiting.add(look)
        look()
      }),
    close: () => controller.abort(),
  }
}
