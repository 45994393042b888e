// Where both sides meet: the technologies that play the roles of the stories, opened together and closed in reverse.
import { catalog } from './catalog/catalog.ts'
import type { Config } from './config.ts'
import type { AdministrationDependencies } from './flows/administer-teams.ts'
import type { SubmitDependencies } from './flows/submit-task.ts'
import type { Clock } from './kernel/clock.ts'
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

/** @throws DatabaseUnusable */
export function openServices (config: Config, clock: Clock): Services {
  const { upstreamTimeoutMs, statusMaxAgeMs, chargeFailedTasks } = config
  const database = openDatabase({ path: config.databasePath, sync: config.databaseSync })
  const directory = sqliteDirectory(database)
  const ledger = sqliteLedger({
    database, clock, rules: { chargeFailedTasks }, statusMaxAgeMs, lookLeaseMs: upstreamTimeoutMs + LOOK_MARGIN_MS
  })
  const upstream = muleRouter({
    baseUrl: config.upstreamBaseUrl,
    tokens: config.upstreamTokens,
    proxyUrl: config.proxyUrl,
    timeoutMs: upstreamTimeoutMs,
    connections: config.upstreamConnections,
    on5xx: config.upstream5xx
  })
  return {
    tasks: { ledger, directory, upstream, prices: config.prices, clock, upstreamTimeoutMs, logPrompts: config.logPrompts },
    administration: { directory, catalog, clock },
    async close () {
      await upstream.close()
      database.close()
    }
  }
}
