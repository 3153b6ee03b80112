/** How a webhook is reached: its URL or its service. Mirrors apiserver/pkg/util/webhook/validation.go. */
import { child, type FieldError, invalid, required } from '../apimachinery/field-error.ts'
import { parseUrl } from '../apimachinery/go-url.ts'
import { isDns1123Subdomain, isPortNumber } from '../apimachinery/names.ts'

const FORM = '; desired format: https://host[/path]'

export function validateWebhookUrl(path: string, text: string): FieldError[] {
  const url = parseUrl(text)
  if ('error' in url) return [required(path, `url must be a valid URL: ${url.error}${FORM}`)]
  const errors: FieldError[] = []
  const tell = (value: string, why: string) => errors.push(invalid(path, value, why))
  if (url.scheme !== 'https') tell(url.scheme, `'https' is the only allowed URL scheme${FORM}`)
  if (url.host === '') tell(url.host, `host must be specified${FORM}`)
  if (url.user !== undefined) tell(url.user, 'user information is not permitted in the URL')
  if (url.fragment !== '') tell(url.fragment, 'fragments are not permitted in the URL')
  if (url.query !== '') tell(url.query, 'query parameters are not permitted in the URL')
  return errors
}

export interface WebhookService {
  name?: string
  namespace?: string
  path?: string
  port?: number
}

export function validateWebhookService(path: string, service: WebhookService): FieldError[] {
  const { name, namespace, port = 0 } = service
  const errors: FieldError[] = []
  if (!name) errors.push(required(child(path, 'name')))
  if (!namespace) errors.push(required(child(path, 'namespace')))
  const wrongPort = isPortNumber(port)
  if (wrongPort.length) {
    errors.push(invalid(child(path, 'port'), port, `port is not valid: ${wrongPort.join(', ')}`))
  }
  return [...errors, ...validateServicePath(child(path, 'path'), service.path ?? '')]
}

function validateServicePath(path: string, text: string): FieldError[] {
  if (text === '' || text === '/') return []
  if (text === '//') return [invalid(path, text, 'segment[0] may not be empty')]
  const errors: FieldError[] = []
  if (!text.startsWith('/')) errors.push(invalid(path, text, "must start with a '/'"))
  const segments = text.slice(1).replace(/\/$/, '').split('/')
  segments.forEach((segment, i) => {
    if (segment === '') errors.push(invalid(path, text, `segment[${i}] may not be empty`))
    else {
      for (const message of isDns1123Subdomain(segment)) errors.push(invalid(path, text, `segment[${i}]: ${message}`))
    }
  })
  return errors
}
