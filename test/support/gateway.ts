// A whole gateway for a test: real sockets, a real ledger, a simulated MuleRouter, a clock that the test moves.
// Every answer and every log line is searched for secrets that must not be there, and every answer is one that the document describes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { expect } from 'vitest'
import { startApp, type AppOptions } from '../../src/app.ts'
import { readConfig, type Config } from '../../src/config/config.ts'
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { ledgerForTest } from './ledger-for-test.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'
import { ApiComparison, readDescription } from './openapi.ts'

export const UPSTREAM_TOKEN = 'test-upstream-token-canary-7c1f'
export const ADMIN_TOKEN = 'test-admin-token-canary-93ab'
export const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
export const PENDING_MS = 10_000
export const PROCESSING_MS = 60_000

/** An answer; `json` is the parsed body, or undefined if it is no JSON. Loosely typed: tests say what they expect. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Reply = { status: number, headers: Record<string, string>, text: string, json: any }

export type CallOptions = {
  key?: string
  headers?: Record<string, string>
  /** an object is sent as JSON, a string or buffer as it is */
  body?: object | string | Buffer
  /** where it is sent, if not to the port for everybody */
  origin?: string
  /** the answer shows a new key or signing secret, this once */
  reveals?: boolean
}

export type TeamSettings = { limits?: object, policy?: object, timezone?: string, name?: string }

export type Gateway = {
  origin: string
  /** where operators are served: the same, unless OPS_PORT is set */
  opsOrigin: string
  clock: ManualClock
  simulator: Simulator
  /** parsed log lines so far; all of them after the stop */
  log (): Record<string, unknown>[]
  call (method: string, path: string, options?: CallOptions): Promise<Reply>
  admin (method: string, path: string, body?: object | string): Promise<Reply>
  /** a new team with a new key */
  team (settings?: TeamSettings, keySettings?: object): Promise<{ team: string, keyId: string, key: string }>
  /** another key of a team */
  mint (team: string, settings?: object): Promise<{ keyId: string, key: string }>
  create (key: string, body?: object): Promise<Reply>
  read (key: string, taskId: string): Promise<Reply>
  usage (key: string): Promise<Reply>
  /** how many callers wait for a task */
  watching (): number
  /** Counts every team's sums again first, unless it must stop at once. */
  stop (how?: { atOnce: boolean }): Promise<void>
}

let teams = 0
/** Made once: all gateways describe the same. */
let comparison: ApiComparison | undefined

/**
 * @param env variables beside those that every test needs; a test may point the upstream elsewhere
 * @param beyond settings that no variable may have, such as a grace time shorter than upstream's deadline, and what only tests set
 */
export async function startGateway (env: Record<string, string> = {}, { config: beyond = {}, ...settings }: { config?: Partial<Config> } & Pick<AppOptions, 'linger' | 'connectionLimits'> = {}): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'mulegate-test-'))
  const logFile = join(folder, 'gateway.log')
  const clock = manualClock()
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN], pendingMs: PENDING_MS, processingMs: PROCESSING_MS, now: clock.nowMs })
  const ledger = ledgerForTest(folder)
  const config = {
    ...readConfig({
      PORT: '0',
      MULEROUTER_API_KEY: UPSTREAM_TOKEN,
      MULEROUTER_BASE_URL: simulator.origin,
      ADMIN_TOKEN,
      // Looks that nobody asks for come when they want; a test that is about them asks for them.
      SWEEP_LOOKS_PER_SECOND: '0',
      ...ledger.env,
      ...env
    }),
    ...beyond
  }
  const app = await startApp({ ...settings, config, clock, storeClock: clock, log: openLog({ level: 'trace', destination: logFile }) })
  comparison ??= new ApiComparison(await readDescription(app.origin))
  const described = comparison
  const secrets = [UPSTREAM_TOKEN, ADMIN_TOKEN]
  let wholeLog: string | undefined

  async function call (method: string, path: string, { key, headers = {}, body, origin = app.origin, reveals = false }: CallOptions = {}): Promise<Reply> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body)
    const sent = raw ? body : body === undefined ? null : JSON.stringify(body)
    const response = await request(`${origin}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers
      },
      body: sent
    })
    const text = await response.body.text()
    const reply: Reply = { status: response.statusCode, headers: flat(response.headers), text, json: parse(text) }
    expect(described.differences({ method, path, sent: sent?.toString(), ...reply }), `${method} ${path} ${reply.status} ${text}`).toEqual([])
    if (reveals && typeof reply.json?.secret === 'string') secrets.push(reply.json.secret.replace('whsec_', ''))
    if (!reveals) expectNone(secrets, `${JSON.stringify(reply.headers)} ${text}`)
    return reply
  }

  const admin: Gateway['admin'] = (method, path, body) => call(method, path, { key: ADMIN_TOKEN, origin: app.opsOrigin, ...(body === undefined ? {} : { body }) })

  async function mint (team: string, settings: object = {}): Promise<{ keyId: string, key: string }> {
    const minted = await call('POST', `/admin/v1/teams/${team}/keys`, { key: ADMIN_TOKEN, origin: app.opsOrigin, body: settings, reveals: true })
    expect(minted.status, minted.text).toBe(201)
    secrets.push(minted.json.key)
    return { keyId: minted.json.id, key: minted.json.key }
  }

  return {
    origin: app.origin,
    opsOrigin: app.opsOrigin,
    clock,
    simulator,
    log: () => (wholeLog ?? readFileSync(logFile, 'utf8')).split('\n').filter(line => line !== '').map(line => JSON.parse(line)),
    call,
    admin,
    mint,
    async team (settings = {}, keySettings = {}) {
      const id = `team-${process.pid}-${++teams}`
      const created = await admin('POST', '/admin/v1/teams', { id, ...settings })
      expect(created.status, created.text).toBe(201)
      return { team: id, ...await mint(id, keySettings) }
    },
    create: (key, body = { prompt: 'a small cat' }) => call('POST', GENERATION, { key, body }),
    read: (key, taskId) => call('GET', `${GENERATION}/${taskId}`, { key }),
    usage: key => call('GET', '/v1/usage', { key }),
    watching: app.watching,
    async stop ({ atOnce } = { atOnce: false }) {
      // Whatever the tests did, every sum is what the tasks add up to.
      if (!atOnce && (env['ADMIN_TOKEN']?.includes(ADMIN_TOKEN) ?? true)) await expectSound(admin)
      await app.stop()
      await simulator.close()
      wholeLog = readFileSync(logFile, 'utf8')
      expectNone(secrets, wholeLog)
      await ledger.drop()
      rmSync(folder, { recursive: true })
    }
  }
}

async function expectSound (admin: Gateway['admin']): Promise<void> {
  let cursor = ''
  do {
    const { json, text } = await admin('GET', `/admin/v1/teams?limit=100${cursor}`)
    expect(json.data, text).toBeInstanceOf(Array)
    for (const { id } of json.data) expect((await admin('GET', `/admin/v1/ledger/verify?team=${id}`)).json).toMatchObject({ team: id, differences: [] })
    cursor = json.next_cursor === null ? '' : `&cursor=${encodeURIComponent(json.next_cursor)}`
  } while (cursor !== '')
}

function expectNone (secrets: readonly string[], text: string): void {
  for (const secret of secrets) expect(text.includes(secret), 'a secret got out').toBe(false)
}

function flat (headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** The JSON value that the text is, or undefined. */
export function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
