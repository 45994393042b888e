// A real redis-server that speaks TLS alone, with a certificate that only those trust who know its authority.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { makeCertificates } from './certificates.ts'
import { startRedis, type ClientOptions, type RedisServer } from './redis-server.ts'

export type TlsRedis = RedisServer & {
  /** PEM file of the authority that signed the server's certificate */
  caFile: string
}

/** Starts the server; it asks clients for no certificate. `url` begins with `rediss:`. Throws if it does not start, or without openssl. */
export async function startTlsRedis (): Promise<TlsRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-tls-'))
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const { caFile, certFile, keyFile } = await makeCertificates(folder)
    const server = await startRedis({
      folder,
      args: port => [
        '--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no',
        '--tls-ca-cert-file', caFile, '--tls-cert-file', certFile, '--tls-key-file', keyFile
      ]
    })
    return {
      ...server,
      url: server.url.replace('redis:', 'rediss:'),
      caFile,
      client: (options: ClientOptions = {}): Redis => server.client({ tls: { ca: readFileSync(caFile) }, ...options }),
      async stop () {
        await server.stop()
        removeFolder()
      }
    }
  } catch (error) {
    removeFolder()
    throw error
  }
}
