/** PEM blocks as Go finds them. Mirrors encoding/pem (Decode). */

export interface PemBlock {
  type: string
  /** It has `Name: value` lines before its content. */
  hasHeaders: boolean
  bytes: Buffer
}

const BLOCK =
  /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n((?:[^\n]*:[^\n]*\n)*)([A-Za-z0-9+/= \t\r\n]*?)-----END \1-----[ \t\r]*(?=\n|$)/g

/** All blocks of a text, in order; what is between them, and what is malformed, is passed over. */
export function decodePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  for (const [, type = '', headers = '', content = ''] of text.matchAll(BLOCK)) {
    const base64 = content.replace(/\s/g, '')
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) continue
    blocks.push({ type, hasHeaders: headers !== '', bytes: Buffer.from(base64, 'base64') })
  }
  return blocks
}
