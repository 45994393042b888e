// `npm start`: the gateway as a process, from the environment to the exit code.
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { startApp } from './app.ts'
import { ConfigurationError, readConfig, type Config, type Environment } from './config.ts'
import { systemClock } from './kernel/clock.ts'
import type { Log } from './kernel/log.ts'
import { startProblem } from './start-problem.ts'
import { openLog } from './telemetry/log.ts'

/** As in sysexits.h: the configuration is wrong. */
const EX_CONFIG = 78

try {
  const config = readConfig(environment())
  const log = openLog({ level: config.logLevel })
  const app = await startApp({ config, clock: systemClock, log })
  warn(config, log)
  log.info({ origin: app.origin, upstream: config.upstreamBaseUrl.origin, database: config.databasePath }, 'gateway started')

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    // A second signal means now.
    for (const again of ['SIGTERM', 'SIGINT'] as const) process.removeAllListeners(again).once(again, () => process.exit(1))
    log.info({ signal }, 'gateway stopping')
    await app.stop()
    log.info({}, 'gateway stopped')
    process.exit(0)
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
} catch (error) {
  process.stderr.write(`${startProblem(error)}\n`)
  process.exit(error instanceof ConfigurationError ? EX_CONFIG : 1)
}

/** The process's variables; those of a `.env` file stand behind them. */
function environment (): Environment {
  return existsSync('.env') ? { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env } : process.env
}

function warn (config: Config, log: Log): void {
  const { protocol, hostname, origin } = config.upstreamBaseUrl
  if (protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(hostname)) log.warn({ upstream: origin }, 'the upstream token travels unencrypted')
  if (config.adminTokens.length === 0) log.warn({}, 'the admin API is off: ADMIN_TOKEN is not set')
}
