// Where both sides meet: the technologies that play the roles of the stories, opened together and closed in reverse.
import { catalog } from './catalog/catalog.ts'
import type { Config } from './config.ts'
import type { AdministrationDependencies } from './flows/administer-teams.ts'
import { openDebts } from './flows/debts.ts'
import type { SubmitDependencies } from './flows/submit-task.ts'
import { every } from './jobs/every.ts'
import { settleOverdue } from './jobs/settle-overdue.ts'
import type { Clock } from './kernel/clock.ts'
import type { Log } from './kernel/log.ts'
import { Running } from './kernel/running.ts'
import { openDatabase } from './stores/sqlite/database.ts'
import { sqliteDirectory } from './stores/sqlite/directory.ts'
import { sqliteLedger } from './stores/sqlite/ledger.ts'
import { muleRouter } from './upstream/mulerouter.ts'

export type Services = {
  tasks: SubmitDependencies
  administration: AdministrationDependencies
  close (): Promise<void>
}

/** How much longer than upstream's deadline a look may take before another reader may look. */
const LOOK_MARGIN_MS = 5000

/** How often overdue submissions and holds are looked for. */
const SETTLE_EVERY_MS = 5000
/** How long a stop waits for records that are still owed. */
const DEBTS_CLOSE_MS = 10_000

/** @throws DatabaseUnusable */
export function openServices ({ config, clock, log }: { config: Config, clock: Clock, log: Log }): Services {
  const { upstreamTimeoutMs, statusMaxAgeMs, chargeFailedTasks, idempotencyTtlMs, unknownHoldMs, unknownHoldEnd } = config
  const database = openDatabase({ path: config.databasePath, sync: config.databaseSync })
  const directory = sqliteDirectory(database)
  const ledger = sqliteLedger({
    database,
    clock,
    rules: { chargeFailedTasks },
    idempotencyTtlMs,
    unknownHoldMs,
    unknownHoldEnd,
    statusMaxAgeMs,
    lookLeaseMs: upstreamTimeoutMs + LOOK_MARGIN_MS
  })
  const debts = openDebts({ log })
  const running = new Running()
  const settling = every(SETTLE_EVERY_MS, log, () => settleOverdue({ ledger, log }))
  const upstream = muleRouter({
    baseUrl: config.upstreamBaseUrl,
    tokens: config.upstreamTokens,
    proxyUrl: config.proxyUrl,
    timeoutMs: upstreamTimeoutMs,
    connections: config.upstreamConnections,
    on5xx: config.upstream5xx,
    clock
  })
  return {
    tasks: { ledger, directory, debts, running, upstream, prices: config.prices, clock, upstreamTimeoutMs, logPrompts: config.logPrompts },
    administration: { directory, catalog, clock },
    async close () {
      await running.idle()
      await settling.stop()
      await upstream.close()
      await debts.close(DEBTS_CLOSE_MS)
      database.close()
    }
  }
}
