// Every metric of the gateway, with its help and its labels: docs/metrics.md has the same, and a test compares them.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { TaskTally } from './task-tally.ts'

export type Metrics = ReturnType<typeof openMetrics>

/** From a millisecond to the longest wait. */
const HTTP_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const UPSTREAM_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** From a step of the embedded ledger to a Redis that is given up. */
const LEDGER_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Each of them walks through every connection and timer at every scrape, by a call that Node wants nobody to use; linters refuse the names of some. */
const LISTS_OF_EVERYTHING = ['handles', 'requests', 'resources'].flatMap(kind => [`nodejs_active_${kind}`, `nodejs_active_${kind}_total`])

/**
 * The metrics of one gateway, in a registry of their own. What labels can be is bounded by what operators made (teams) and what is in the code;
 * nothing that a caller or MuleRouter chooses becomes one.
 */
export function openMetrics ({ version, ledger }: { version: string, ledger: 'sqlite' | 'redis' }) {
  const registry = new Registry()
  const registers = [registry]
  // Of the process: event loop, memory, garbage collection, under the names that every dashboard knows.
  collectDefaultMetrics({ register: registry })
  for (const name of LISTS_OF_EVERYTHING) registry.removeSingleMetric(name)

  const tasks = new TaskTally()
  // eslint-disable-next-line no-new -- it collects what the tally has counted
  new Counter({
    registers, name: 'mulegate_tasks_total', labelNames: ['team', 'model', 'mode', 'outcome'], help: 'Tasks that came so far, by what became of them; one task counts in each outcome that it has.', collect () { tasks.collectOutcomes(this) }
  })
  // eslint-disable-next-line no-new -- as above
  new Counter({
    registers, name: 'mulegate_cost_usd_total', labelNames: ['team', 'model', 'money'], help: 'Prices of live tasks that became held, spent or refunded, in US dollars.', collect () { tasks.collectMoney(this) }
  })

  new Gauge({ registers, name: 'mulegate_build_info', labelNames: ['version', 'ledger'], help: 'Which version this is, and which ledger it keeps; always 1.' }).set({ version, ledger }, 1)

  return {
    registry,
    ledger,
    tasks,
    http: new Histogram({
      registers, name: 'mulegate_http_request_duration_seconds', labelNames: ['route', 'method', 'status'], buckets: HTTP_BUCKETS_S, help: 'How long requests took, from their headers to the end of the answer.'
    }),
    refusals: new Counter({ registers, name: 'mulegate_refusals_total', labelNames: ['code', 'team'], help: 'Answers by which the gateway said no, by their code.' }),
    policyRefusals: new Counter({ registers, name: 'mulegate_policy_refusals_total', labelNames: ['policy', 'team'], help: 'Limits that were in the way of a request; one request counts for each of them.' }),
    inFlight: new Gauge({ registers, name: 'mulegate_tasks_in_flight', labelNames: ['team', 'mode'], help: 'Unfinished tasks in the ledger: submitting, pending and processing.' }),
    oldestAge: new Gauge({ registers, name: 'mulegate_oldest_unfinished_task_age_seconds', help: 'How long ago the oldest unfinished task in the ledger was admitted; 0 if there is none.' }),
    sweepLag: new Gauge({ registers, name: 'mulegate_sweep_lag_seconds', help: 'For how long the most overdue task in the ledger has been due without anybody looking at it; 0 if there is none.' }),
    inDoubt: new Gauge({ registers, name: 'mulegate_tasks_in_doubt', help: 'Tasks in the ledger whose outcome is unknown and whose price is held.' }),
    owed: new Gauge({ registers, name: 'mulegate_owed_records', help: 'What this gateway could not tell the ledger yet.' }),
    waiting: new Gauge({ registers, name: 'mulegate_waiting_callers', help: 'Callers of this gateway that wait for a task, or follow one as a stream of events.' }),
    draining: new Gauge({ registers, name: 'mulegate_draining', help: 'Whether this gateway is shutting down.' }),
    upstream: new Histogram({
      registers, name: 'mulegate_upstream_call_duration_seconds', labelNames: ['operation', 'result'], buckets: UPSTREAM_BUCKETS_S, help: 'How long calls of MuleRouter took, waiting for a place and a second token included.'
    }),
    upstreamRefusals: new Counter({ registers, name: 'mulegate_upstream_refusals_total', labelNames: ['operation', 'status'], help: 'Calls to which MuleRouter said no, by its status.' }),
    unknownStatuses: new Counter({ registers, name: 'mulegate_upstream_unknown_statuses_total', help: 'Answers of MuleRouter with a status word that nobody knows; the log has the word.' }),
    tokenResting: new Gauge({ registers, name: 'mulegate_upstream_token_resting', labelNames: ['token'], help: 'Whether a token, named by its fingerprint, rests because MuleRouter refused it.' }),
    ledgerUp: new Gauge({ registers, name: 'mulegate_ledger_up', help: 'Whether the ledger answers this gateway and has lost nothing.' }),
    ledgerOperations: new Histogram({
      registers, name: 'mulegate_ledger_operation_duration_seconds', labelNames: ['operation', 'backend', 'result'], buckets: LEDGER_BUCKETS_S, help: 'How long steps of the ledger took.'
    }),
    deliveries: new Counter({ registers, name: 'mulegate_webhook_deliveries_total', labelNames: ['outcome'], help: 'Attempts to deliver webhook messages that were recorded, by what became of the delivery.' }),
    pendingDeliveries: new Gauge({ registers, name: 'mulegate_webhook_deliveries_pending', help: 'Webhook messages in the ledger that wait for an attempt.' })
  }
}
