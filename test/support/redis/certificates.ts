// A certificate authority and a server's certificate, made when a test runs: a test that brings its own would fail on the day it expires.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './redis-binary.ts'

const DAYS = '2'
const EXTENSIONS = 'subjectAltName=IP:127.0.0.1,DNS:localhost\n'

export type Certificates = {
  /** paths of PEM files */
  caFile: string
  certFile: string
  keyFile: string
}

/** Makes a certificate for 127.0.0.1 and localhost, and the authority that signed it, in the folder. Throws if there is no openssl, or with what it says. */
export async function makeCertificates (folder: string): Promise<Certificates> {
  const openssl = await findProgram('openssl', process.env['PATH'] ?? '')
  if (openssl === undefined) throw new Error('openssl is missing: install it, for example `sudo apt-get install openssl`')
  const run = (...words: string[]) => promisify(execFile)(openssl, words, { cwd: folder })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

  writeFileSync(join(folder, 'extensions'), EXTENSIONS)
  await run('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', DAYS, '-subj', '/CN=A CA of a test')
  await run('req', '-new', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
  await run(
    'x509', '-req', '-in', 'server.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'server.crt', '-days', DAYS, '-extfile', 'extensions'
  )
  return { caFile: join(folder, 'ca.crt'), certFile: join(folder, 'server.crt'), keyFile: join(folder, 'server.key') }
}
