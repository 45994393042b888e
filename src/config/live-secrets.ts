// The three secrets as they are now: followed where they were given as files, constant where they stand in the environment.
import { adminTokens, type AdminToken } from '../http/admin-token.ts'
import { constant, type Live } from '../kernel/live.ts'
import type { Log } from '../kernel/log.ts'
import type { Secret } from '../kernel/secret.ts'
import { isSameRedis, redisUrl } from '../stores/redis/address.ts'
import type { Config } from './config.ts'
import { canChange, LiveFile, type LiveFileOptions } from './live-file.ts'
import type { SecretName } from './secret-files.ts'
import { upstreamTokens } from './upstream-tokens.ts'

export type LiveSecrets = {
  upstreamTokens: Live<readonly Secret[]>
  adminTokens: Live<readonly AdminToken[]>
  /** absent: the embedded ledger */
  redisUrl: Live<Secret> | undefined
  /** those of them that have a file to be looked at */
  files: ReadonlyArray<Live<unknown>>
}

/** What is known of a secret beside its file. */
type Following<Value> = Pick<LiveFileOptions<Value>, 'schema' | 'names' | 'forbids'>

const REDIS_URL: Following<Secret> = {
  schema: redisUrl,
  forbids: (next, before) => isSameRedis(next, before) ? undefined : 'names another scheme, host, port or database, which is another ledger: a restart is needed',
  // People choose passwords of Redis, and a fingerprint would let whoever has a log try guesses.
  names: () => []
}

/** @param config whose secrets hold until a file says otherwise */
export function liveSecrets (config: Config, log: Log): LiveSecrets {
  const files: Array<Live<unknown>> = []

  function follow<Value> (name: SecretName, value: Value, options: Following<Value>): Live<Value> {
    const file = config.secretFiles[name]
    if (file === undefined || !canChange(file.path)) return constant(value)
    const live = new LiveFile({ ...options, variable: `${name}_FILE`, file, value, log })
    files.push(live)
    return live
  }

  return {
    upstreamTokens: follow<readonly Secret[]>('MULEROUTER_API_KEY', config.upstreamTokens, {
      schema: upstreamTokens, names: tokens => tokens.map(token => token.fingerprint())
    }),
    adminTokens: follow<readonly AdminToken[]>('ADMIN_TOKEN', config.adminTokens, {
      schema: adminTokens, names: tokens => tokens.map(({ name, token, readOnly }) => `${name} ${token.fingerprint()}${readOnly ? ' read' : ''}`)
    }),
    redisUrl: config.redisUrl === undefined ? undefined : follow('REDIS_URL', config.redisUrl, REDIS_URL),
    files
  }
}
