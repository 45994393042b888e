// The story of a check before, or in the middle of, real work: configuration, prices, catalog, upstream and ledger, at no cost.
import type { Endpoint } from '../catalog/endpoint.ts'
import { unknownPrices, unpriced, type Prices } from '../catalog/prices.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { TeamDirectory } from '../teams/directory.ts'
import { policyOfCatalog } from './catalog-policy.ts'
import { Refusal } from './refusals.ts'
import { causeText } from './settle-task.ts'
import type { Probe, Upstream } from './upstream.ts'

/** How this gateway is set up, without any secret. */
export type Setup = {
  /** origin of MuleRouter */
  upstream: string
  /** whether the token travels so that others may read it */
  exposed: boolean
  /** where the ledger is */
  ledger: string
}

export type CheckDependencies = { ledger: Ledger, directory: TeamDirectory, upstream: Upstream, catalog: readonly Endpoint[], prices: Prices, setup: Setup, traceparent: string }

export const CHECKS = ['configuration', 'prices', 'catalog', 'upstream', 'ledger'] as const

/** What one check found, in one sentence. */
export type Finding = { name: typeof CHECKS[number], ok: boolean, detail: string }

const TEAMS_A_PAGE = 100
const NAMED_MAX = 5

/** Never throws: what is wrong is what was asked for. */
export async function checkGateway (deps: CheckDependencies): Promise<Finding[]> {
  return Promise.all([
    finding('configuration', async () => checkConfiguration(deps)),
    finding('prices', async () => checkPrices(deps)),
    finding('catalog', () => checkCatalog(deps)),
    finding('upstream', () => checkUpstream(deps)),
    finding('ledger', () => checkLedger(deps))
  ])
}

/** A check gives a sentence, or throws one. */
async function finding (name: Finding['name'], check: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await check() }
  } catch (error) {
    return { name, ok: false, detail: causeText(error instanceof Error && error.cause instanceof Error ? error.cause : error) }
  }
}

function checkConfiguration ({ setup: { upstream, exposed, ledger } }: CheckDependencies): string {
  if (exposed) throw new Error(`The upstream token travels unencrypted to ${upstream}; MULEROUTER_BASE_URL should begin with https.`)
  return `MuleRouter at ${upstream}, ledger ${ledger}.`
}

function checkPrices ({ prices, catalog }: CheckDependencies): string {
  const [missing, unknown] = [unpriced(prices, catalog), unknownPrices(prices, catalog)]
  if (missing.length > 0) throw new Error(`There is no price for ${missing.join(', ')}: creates of that kind are refused.`)
  if (unknown.length > 0) throw new Error(`The price list names what no model has: ${unknown.join('; ')}.`)
  return 'Every model and tier has a price.'
}

/** Policies were checked when they were set; a model or field may have gone since. */
async function checkCatalog ({ directory, catalog }: CheckDependencies): Promise<string> {
  const outdated: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<TeamDirectory['listTeams']>> = await directory.listTeams({ limit: TEAMS_A_PAGE, cursor })
    for (const { id, policy, disabled } of page.rows) {
      try {
        policyOfCatalog(catalog, policy)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        if (!disabled) outdated.push(id)
      }
    }
    cursor = page.nextCursor
  } while (cursor !== null)
  const models = catalog.map(({ model }) => model).join(', ')
  if (outdated.length === 0) return `${models}; every team's policy fits.`
  throw new Error(`The policies of ${outdated.slice(0, NAMED_MAX).join(', ')}${outdated.length > NAMED_MAX ? ` and ${outdated.length - NAMED_MAX} more` : ''} name what the catalog does not have.`)
}

/** A look at a task that does not exist, with every token: it costs nothing. */
async function checkUpstream ({ upstream, catalog, traceparent }: CheckDependencies): Promise<string> {
  const [endpoint] = catalog
  const probes = endpoint === undefined ? [] : await upstream.probe({ path: endpoint.path, traceparent })
  const bad = probes.filter(({ kind }) => kind !== 'welcome')
  const report = probes.map(sentence).join('; ')
  if (bad.length > 0 || probes.length === 0) throw new Error(`${report}.`)
  return `${report}.`
}

function sentence (probe: Probe): string {
  switch (probe.kind) {
    case 'welcome': return `token ${probe.credential} is accepted`
    case 'refused': return `token ${probe.credential} is refused with status ${probe.status}`
    case 'unreachable': return `MuleRouter does not answer token ${probe.credential}: ${causeText(probe.cause)}`
  }
}

async function checkLedger ({ ledger }: CheckDependencies): Promise<string> {
  const startedMs = performance.now()
  await ledger.ping()
  return `It answers within ${Math.max(1, Math.round(performance.now() - startedMs))} ms, and has lost nothing.`
}
