// The passwords of a Compose stack, made at its first start, so that a key of MuleRouter is the only secret that somebody has to bring.
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const RENEW = '--renew-admin-token'
/** Volumes: what the gateway reads, and what Redis reads. */
const { GATEWAY_SECRETS = '/run/mulegate', REDIS_SECRETS = '/run/redis' } = process.env

const [, , option] = process.argv
if (option !== undefined && option !== RENEW) fail(`there is no ${option}, only ${RENEW}`)

try {
  const given = process.env['ADMIN_TOKEN']?.trim()
  if (given && option === RENEW) fail('ADMIN_TOKEN is set, and no other token is made beside it: change it there')
  if (given) write(`${GATEWAY_SECRETS}/admin_token`, given)
  else if (option === RENEW || !existsSync(`${GATEWAY_SECRETS}/admin_token`)) write(`${GATEWAY_SECRETS}/admin_token`, newPassword())

  if (!existsSync(`${REDIS_SECRETS}/auth.conf`)) write(`${REDIS_SECRETS}/auth.conf`, `requirepass ${newPassword()}`, 0o444)
  // Written again from Redis's own file: whichever of the two volumes is new, both agree.
  const [, password] = readFileSync(`${REDIS_SECRETS}/auth.conf`, 'utf8').trim().split(' ')
  write(`${GATEWAY_SECRETS}/redis_url`, `redis://:${password}@redis:6379/0`)
} catch (error) {
  fail(error instanceof Error ? error.message : String(error))
}

function newPassword (): string { return randomBytes(24).toString('hex') }

/** Whole or not at all, and unchanged if it says that already. Redis runs as another user, in whose volume everybody may read. */
function write (path: string, line: string, mode = 0o400): void {
  if (existsSync(path) && readFileSync(path, 'utf8').trim() === line) return
  writeFileSync(`${path}.new`, `${line}\n`, { mode })
  chmodSync(`${path}.new`, mode)
  renameSync(`${path}.new`, path)
  process.stdout.write(`${path} written\n`)
}

function fail (problem: string): never {
  process.stderr.write(`make-passwords: ${problem}\n`)
  process.exit(1)
}
