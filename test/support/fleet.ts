// Several gateways as real processes on one Redis, in front of one simulated MuleRouter, and callers that are spread over them.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { eventually } from './eventually.ts'
import { ADMIN_TOKEN, GENERATION, startGatewayProcess, UPSTREAM_TOKEN, type CallOptions, type GatewayProcess, type Reply } from './gateway-process.ts'
import { redisForTest } from './ledger-for-test.ts'
import { present } from './present.ts'
import { tempFolder } from './temp-folder.ts'

export type FleetOptions = {
  /** how many gateways */
  size?: number
  /** a Redis of the test's own; without one it is the shared one, under names that nobody else has */
  redis?: { url: string }
  env?: Record<string, string>
  /** how long tasks are pending and processing upstream */
  life?: { pendingMs: number, processingMs: number }
}

/** What a create was answered; `status` is 0 if the connection ended without an answer. Times are those of `performance`. */
export type Answer = {
  gateway: GatewayProcess
  startedMs: number
  tookMs: number
  status: number
  headers: Reply['headers']
  code: string | undefined
  detail: string | undefined
  taskId: string | undefined
}

export type Member = { team: string, keyId: string, key: string }

/** Callers that come again and again. */
export type Load = {
  /** so far, in the order of their ends */
  readonly answers: readonly Answer[]
  /** Resolves when every gateway has given such an answer to a create that was sent from now on. */
  everyGateway (what: string, isSuch: (answer: Answer) => boolean): Promise<void>
  /** Resolves when every caller has had its last answer. */
  stop (): Promise<void>
}

export type Account = { inFlight: number, quotas: Array<{ used: number | string, held: number | string }> }

export type Fleet = {
  gateways: readonly [GatewayProcess, ...GatewayProcess[]]
  simulator: Simulator
  /** one more gateway of the same kind */
  start (): Promise<GatewayProcess>
  /** a new team with a key */
  team (limits?: object): Promise<Member>
  admin (method: string, path: string, body?: object): Promise<Reply>
  /** One create at one of the gateways. */
  create (gateway: GatewayProcess, key: string, options?: CreateOptions): Promise<Answer>
  /** So many creates at once, the next one always at the next gateway. */
  createMany (count: number, key: string, options?: CreateOptions): Promise<Answer[]>
  /** A caller or more at each gateway, who sends a create as soon as the one before is answered, a moment later. */
  load (key: string, callersEach?: number): Load
  /** where the limits of a key stand, as a gateway sees it */
  account (key: string, gateway?: GatewayProcess): Promise<Account>
}

export type CreateOptions = { prompt?: string, headers?: Record<string, string> }

/** Limits that are never in the way, so that the account shows what is counted. None of them begins anew at midnight. */
export const COUNTED = { tasks_in_flight: 1_000_000, quotas: [{ per: 'total', unit: 'tasks', limit: 1_000_000 }] }

/** Longer than any test: tasks stay pending. */
const PENDING_MS = 3_600_000
/** Between an answer and the next call of the same caller, so that a refusal's time is not that of a queue. */
const PAUSE_MS = 10

let teams = 0

/** Starts gateways at the same moment. Only inside a test, and gone with it. */
export async function startFleet ({ size = 3, redis, env = {}, life = { pendingMs: PENDING_MS, processingMs: PENDING_MS } }: FleetOptions = {}): Promise<Fleet> {
  const shared = redis === undefined ? redisForTest() : { env: { REDIS_URL: redis.url }, async drop () {} }
  onTestFinished(() => shared.drop())
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], ...life })
  onTestFinished(() => simulator.close())
  const cwd = tempFolder()
  const start = (): Promise<GatewayProcess> => startGatewayProcess({
    cwd, env: { MULEROUTER_BASE_URL: simulator.origin, REQUESTS_PER_MINUTE: '1000000', ...shared.env, ...env }
  })
  const [first, ...others] = await Promise.all(Array.from({ length: size }, start))
  const gateways = [present(first), ...others] as const
  const admin: Fleet['admin'] = (method, path, body) => gateways[0].call(method, path, { key: ADMIN_TOKEN, ...body === undefined ? {} : { body } })

  async function create (gateway: GatewayProcess, key: string, { prompt = 'a small cat', headers = {} }: CreateOptions = {}): Promise<Answer> {
    const startedMs = performance.now()
    const reply = await call(gateway, { key, body: { prompt }, headers })
    const json = answerSchema.parse(reply?.json ?? {})
    return {
      gateway, startedMs, tookMs: performance.now() - startedMs, status: reply?.status ?? 0, headers: reply?.headers ?? {}, code: json.code, detail: json.detail, taskId: json.task_info?.id
    }
  }

  return {
    gateways,
    simulator,
    start,
    admin,
    create,
    async team (limits = {}) {
      const team = `team-${++teams}`
      expect(await admin('POST', '/admin/v1/teams', { id: team, limits })).toMatchObject({ status: 201 })
      return { team, ...await gateways[0].mint(team) }
    },
    createMany: (count, key, options) => Promise.all(Array.from({ length: count }, (_, index) => create(present(gateways[index % size]), key, options))),

    load: (key, callersEach = 2) => startLoad(gateways, callersEach, (gateway, prompt) => create(gateway, key, { prompt })),

    async account (key, gateway = gateways[0]) {
      const reply = await gateway.call('GET', '/v1/usage', { key })
      const { in_flight: { used: inFlight }, quotas } = accountSchema.parse(reply.json)
      return { inFlight, quotas }
    }
  }
}

/** Begins at once, and ends with the test if nobody ends it before. */
function startLoad (gateways: readonly GatewayProcess[], callersEach: number, create: (gateway: GatewayProcess, prompt: string) => Promise<Answer>): Load {
  const answers: Answer[] = []
  const end = new AbortController()
  const callers = gateways.flatMap(gateway => Array.from({ length: callersEach }, async (_, caller) => {
    for (let call = 1; !end.signal.aborted; call++) {
      answers.push(await create(gateway, `cat ${caller}.${call}`))
      await pause(PAUSE_MS)
    }
  }))
  const stop: Load['stop'] = async () => {
    end.abort()
    await Promise.all(callers)
  }
  onTestFinished(stop)
  return {
    answers,
    stop,
    async everyGateway (what, isSuch) {
      const fromMs = performance.now()
      const hasGiven = (gateway: GatewayProcess): boolean => answers.some(answer => answer.gateway === gateway && answer.startedMs > fromMs && isSuch(answer))
      await eventually(() => gateways.every(hasGiven), `every gateway ${what}`)
    }
  }
}

const answerSchema = z.looseObject({ code: z.string().optional(), detail: z.string().optional(), task_info: z.looseObject({ id: z.string() }).optional() })
const amount = z.union([z.number(), z.string()])
const accountSchema = z.looseObject({ in_flight: z.looseObject({ used: z.number() }), quotas: z.array(z.looseObject({ used: amount, held: amount })) })

async function call (gateway: GatewayProcess, options: CallOptions): Promise<Reply | undefined> {
  try {
    return await gateway.call('POST', GENERATION, options)
  } catch (error) {
    // A process that was killed breaks its connections; an answer that is wrong fails the test.
    if (error instanceof Error && 'code' in error && /^(ECONN|UND_ERR_SOCKET)/.test(String(error.code))) return undefined
    throw error
  }
}
