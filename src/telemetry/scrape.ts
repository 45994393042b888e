// What /metrics answers: the counters as they are, and gauges that are read in that moment.
import { Counter, Registry, type OpenMetricsContentType } from 'prom-client'
import type { Clock } from '../kernel/clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { WebhookOutbox } from '../ledger/outbox.ts'
import type { Pulse } from '../ledger/pulse.ts'
import type { Metrics } from './metrics.ts'

export type ScrapeOptions = {
  metrics: Metrics
  clock: Clock
  ledger: Pick<Ledger, 'pulse' | 'ping'>
  outbox: Pick<WebhookOutbox, 'countPending'>
  owed: () => number
  waiting: () => number
  draining: () => boolean
  tokens: () => ReadonlyArray<{ fingerprint: string, resting: boolean }>
  /** all that there are, as `vendor/model` */
  models: readonly string[]
}

export type Exposition = { contentType: string, text: string }
/** @param openMetrics whether in the format of OpenMetrics, and not in that of Prometheus */
export type Scrape = (openMetrics: boolean) => Promise<Exposition>

/** A ledger that has not answered by then is not up; a scrape has ten seconds. */
const LEDGER_WITHIN_MS = 1000

export function openScrape (options: ScrapeOptions): Scrape {
  const { metrics } = options
  const open = inOpenMetrics(metrics.registry)
  let reading: Promise<void> | undefined

  async function read (): Promise<void> {
    const [ping, pulse, pending] = await Promise.all([
      answered(options.ledger.ping().then(() => true)), answered(options.ledger.pulse()), answered(options.outbox.countPending())
    ])
    metrics.ledgerUp.set(ping === true && pulse !== undefined ? 1 : 0)
    // What cannot be read is left out: a figure of an hour ago looks like the truth, and no figure like what it is.
    if (pending === undefined) metrics.pendingDeliveries.remove()
    else metrics.pendingDeliveries.set(pending)
    setPulse(options, pulse)
  }

  return async openMetrics => {
    // However many ask at a time, the ledger is asked once.
    reading ??= read().finally(() => { reading = undefined })
    await reading
    metrics.owed.set(options.owed())
    metrics.waiting.set(options.waiting())
    metrics.draining.set(options.draining() ? 1 : 0)
    metrics.tokenResting.reset()
    for (const { fingerprint, resting } of options.tokens()) metrics.tokenResting.set({ token: fingerprint }, resting ? 1 : 0)
    const registry = openMetrics ? open : metrics.registry
    return { contentType: registry.contentType, text: await registry.metrics() }
  }
}

function setPulse ({ metrics, models, clock }: ScrapeOptions, pulse: Pulse | undefined): void {
  const { inFlight, oldestAge, sweepLag, inDoubt, tasks: tally } = metrics
  inFlight.reset()
  if (pulse === undefined) {
    for (const gauge of [oldestAge, sweepLag, inDoubt]) gauge.remove()
    return
  }
  const nowMs = clock.nowMs()
  for (const { team, mode, tasks } of pulse.inFlight) {
    inFlight.set({ team, mode }, tasks)
    // Any gateway may see them end, whoever began them.
    for (const model of models) tally.expect({ team, mode, model })
  }
  oldestAge.set(secondsFrom(pulse.oldestAtMs, nowMs))
  sweepLag.set(secondsFrom(pulse.dueSinceMs, nowMs))
  inDoubt.set(pulse.inDoubt)
}

function secondsFrom (sinceMs: number | null, nowMs: number): number { return sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs) / 1000 }

/** What was answered in time, or undefined. */
async function answered<Result> (promise: Promise<Result>): Promise<Result | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), LEDGER_WITHIN_MS)
  try {
    return await Promise.race([promise, late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** The same metrics under the names of OpenMetrics, in which a counter has no `_total`; prom-client would rename them for everybody. */
function inOpenMetrics (registry: Registry): Registry<OpenMetricsContentType> {
  const view = new Registry<OpenMetricsContentType>()
  view.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  for (const metric of registry.getMetricsAsArray()) {
    const name = metric instanceof Counter ? metric.name.replace(/_total$/, '') : metric.name
    view.registerMetric(Object.create(metric, { name: { value: name, writable: true } }))
  }
  return view
}
