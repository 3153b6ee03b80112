/** The flags of HTTPS: kube-apiserver's own, and `--https` for a certificate of the cluster's authority. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { TlsOptions } from '../index.ts'
import { UsageError } from './usage-error.ts'

export interface TlsFlags {
  https?: boolean
  tlsCertFile?: string
  tlsPrivateKeyFile?: string
  clientCaFile?: string
}

export function withTlsFlags(command: Command): Command {
  return command
    .option('--https', "serve HTTPS, with a certificate of the cluster's own authority unless you give one")
    .option('--tls-cert-file <file>', 'PEM: the certificate to serve HTTPS with')
    .option('--tls-private-key-file <file>', 'PEM: its key')
    .option('--client-ca-file <file>', "PEM: whose certificates say who a client is (default: the cluster's authority)")
}

/** False: plain HTTP. Throws UsageError where a flag needs another or a file cannot be read. */
export async function tlsOf(flags: TlsFlags): Promise<false | TlsOptions> {
  const { https = false, tlsCertFile, tlsPrivateKeyFile, clientCaFile } = flags
  if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined)) {
    throw new UsageError('--tls-cert-file and --tls-private-key-file go together')
  }
  if (!https && tlsCertFile === undefined) {
    if (clientCaFile !== undefined) throw new UsageError('--client-ca-file needs --https or --tls-cert-file')
    return false
  }
  return {
    cert: await readPem('--tls-cert-file', tlsCertFile),
    key: await readPem('--tls-private-key-file', tlsPrivateKeyFile),
    clientCa: await readPem('--client-ca-file', clientCaFile),
  }
}

async function readPem(flag: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    const text = await readFile(file, 'utf8')
    if (!text.includes('-----BEGIN ')) throw new Error('it holds no PEM block')
    return text
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${(error as Error).message}`)
  }
}
