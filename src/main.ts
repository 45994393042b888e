// `npm start`: the gateway as a process, from the environment to the exit code.
import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { startApp } from './app.ts'
import { catalog } from './catalog/catalog.ts'
import { unknownPrices, unpriced } from './catalog/prices.ts'
import { ConfigurationError, isTokenExposed, readConfig, type Config, type Environment } from './config/config.ts'
import { systemClock } from './kernel/clock.ts'
import type { Log } from './kernel/log.ts'
import { startExitCode, startProblem } from './start-problem.ts'
import { openLog } from './telemetry/log.ts'

/** For how long a stop goes on to tell callers to leave: a balancer may need some time to see that this instance is not ready. */
const LINGER = { openMs: 2000, settleMs: 250 }
/** When the process ends whatever hangs: later than any stop takes, and 500 ms before the 5 s are over. */
const FORCE_MARGIN_MS = 4500

try {
  const config = readConfig(environment())
  const log = openLog({ level: config.logLevel })
  const app = await startApp({ config, clock: systemClock, log, linger: LINGER })

  let stopping = false
  const stop = async (why: object, exitCode: number): Promise<void> => {
    stopping = true
    const startedMs = performance.now()
    setTimeout(() => {
      log.fatal({}, 'gateway stopped by force')
      process.exit(1)
    }, config.shutdownGraceMs + FORCE_MARGIN_MS)
    log.info(why, 'gateway stopping')
    try {
      await app.stop({ takesNothing: exitCode !== 0 })
    } catch (error) {
      log.fatal({ err: error }, 'gateway cannot stop')
      process.exit(1)
    }
    log.info({ duration_ms: Math.round(performance.now() - startedMs) }, 'gateway stopped')
    process.exit(exitCode)
  }
  let signalled = false
  // Before the log says that it runs: whoever waits for that line may signal at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // A second signal, whichever, means now; the first one to a gateway that stops because it broke does not.
      if (signalled) process.exit(1)
      signalled = true
      if (!stopping) stop({ signal }, 0)
    })
  }
  // What nobody planned for may be a broken invariant, with which nothing more is bought; but what was bought is recorded first.
  // Node raises a rejection that nobody handles here, too.
  process.on('uncaughtException', error => {
    log.fatal({ err: error }, 'gateway broken')
    if (stopping) app.stop({ takesNothing: true })
    else stop({}, 1)
  })
  warn(config, log)
  log.info({ origin: app.origin, ops_origin: config.opsPort === undefined ? undefined : app.opsOrigin, upstream: config.upstreamBaseUrl.origin, ...ledgerFacts(config) }, 'gateway started')
} catch (error) {
  process.stderr.write(`${startProblem(error)}\n`)
  process.exit(startExitCode(error))
}

/** Which of the two ledgers it is, without any secret. */
function ledgerFacts ({ redisUrl, databasePath }: Config): object {
  return redisUrl === undefined ? { database: databasePath } : { redis: new URL(redisUrl.reveal()).host }
}

/** The process's variables; those of a `.env` file stand behind them. */
function environment (): Environment {
  if (!existsSync('.env')) return process.env
  try {
    // Trimmed, because a byte order mark would hide the variable of the first line.
    return { ...parseEnv(readFileSync('.env', 'utf8').trim()), ...process.env }
  } catch (error) {
    throw new ConfigurationError([`.env cannot be read (${error instanceof Error ? error.message : String(error)}); it must be a file, for example a copy of .env.example`])
  }
}

function warn (config: Config, log: Log): void {
  if (isTokenExposed(config)) log.warn({ upstream: config.upstreamBaseUrl.origin }, 'the upstream token travels unencrypted')
  const missing = unpriced(config.prices, catalog)
  const unknown = unknownPrices(config.prices, catalog)
  if (missing.length > 0) log.warn({ missing }, 'creates without a price are refused')
  if (unknown.length > 0) log.warn({ unknown }, 'the price list names what no model has')
  if (config.adminTokens.length === 0) log.warn({}, 'the admin API is off: ADMIN_TOKEN is not set')
}
