// The gateway as a real process of src/main.ts, and a client of it.
import { request } from 'undici'
import { afterAll, afterEach, expect } from 'vitest'
import { z } from 'zod'
import { MAIN, startChild, type Child, type ChildOptions } from './child.ts'

export const UPSTREAM_TOKEN = 'process-upstream-token-canary-51de'
export const ADMIN_TOKEN = 'process-admin-token-canary-c04b'
export const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'

const lineSchema = z.looseObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']), time: z.iso.datetime(), msg: z.string() })

/** One line of the log. */
export type LogLine = z.infer<typeof lineSchema>

export type Reply = { status: number, headers: Record<string, string | string[] | undefined>, json: unknown }

export type CallOptions = { key?: string, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }

export type GatewayProcess = Child & {
  origin: string
  call (method: string, path: string, options?: CallOptions): Promise<Reply>
  /** makes a team with a key, and returns the key */
  team (settings?: { id?: string, limits?: object }): Promise<string>
  /** another key of a team */
  mint (team: string): Promise<{ keyId: string, key: string }>
  /** makes a webhook of the team, `hook`, that wants everything; returns its signing secret */
  webhook (url: string): Promise<string>
  create (key: string, signal?: AbortSignal): Promise<Reply>
  /** the states of all tasks of the key's team, by task id; `null` stands for a task that has none yet */
  tasks (key: string): Promise<Array<{ task_id: string | null, status: string, money: string }>>
  /** the first log line with this message, as soon as it is written */
  logged (message: string): Promise<LogLine>
}

/** What no answer and no line may ever hold: the tokens, and the keys that were minted. */
const secrets = new Set([UPSTREAM_TOKEN, ADMIN_TOKEN])
const written: string[] = []
afterEach(() => expectNoSecret(written.splice(0).join('')))
// A process that outlives its test is ended after it.
afterAll(() => expectNoSecret(written.splice(0).join('')))

function expectNoSecret (text: string): void {
  for (const secret of secrets) expect(text.includes(secret), 'a secret got out').toBe(false)
}

/** What every gateway of these tests is started with. */
export function gatewayEnv (env: Record<string, string> = {}): Record<string, string> {
  return { PORT: '0', MULEROUTER_API_KEY: UPSTREAM_TOKEN, ADMIN_TOKEN, DATABASE_PATH: 'ledger.db', ...env }
}

/** Starts a gateway, and resolves when it says so in its log. */
export async function startGatewayProcess ({ env, ...options }: ChildOptions): Promise<GatewayProcess> {
  const child = startChild(MAIN, { ...options, env: gatewayEnv(env) })
  const logged = async (message: string): Promise<LogLine> => {
    const [line] = await child.printed(new RegExp(`^.*"msg":"${message}".*\n`, 'm'))
    return lineSchema.parse(JSON.parse(line))
  }
  child.ended.then(({ stdout, stderr }) => { written.push(stdout, stderr) })
  const { origin } = z.looseObject({ origin: z.url() }).parse(await logged('gateway started'))
  return { ...child, ...gatewayClient(origin), logged }
}

/** A client of a gateway that is already there. */
export function gatewayClient (origin: string): Omit<GatewayProcess, keyof Child | 'logged'> {
  const call: GatewayProcess['call'] = async (method, path, { key, body, headers = {}, signal } = {}) => {
    const response = await request(`${origin}${path}`, {
      method,
      headers: { ...key === undefined ? {} : { authorization: `Bearer ${key}` }, ...body === undefined ? {} : { 'content-type': 'application/json' }, ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      ...signal === undefined ? {} : { signal }
    })
    const text = await response.body.text()
    if (!path.endsWith('/keys')) expectNoSecret(`${JSON.stringify(response.headers)} ${text}`)
    return { status: response.statusCode, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) }
  }

  const mint: GatewayProcess['mint'] = async team => {
    const minted = await call('POST', `/admin/v1/teams/${team}/keys`, { key: ADMIN_TOKEN, body: {} })
    const { id: keyId, key } = z.object({ id: z.string(), key: z.string() }).parse(minted.json)
    secrets.add(key)
    return { keyId, key }
  }

  return {
    origin,
    call,
    async team ({ id = 'team', limits = {} } = {}) {
      expect(await call('POST', '/admin/v1/teams', { key: ADMIN_TOKEN, body: { id, limits } })).toMatchObject({ status: 201 })
      return (await mint(id)).key
    },
    async webhook (url) {
      const minted = await call('POST', '/admin/v1/teams/team/keys', { key: ADMIN_TOKEN, body: { webhooks: true } })
      const { key } = z.object({ key: z.string() }).parse(minted.json)
      secrets.add(key)
      const body = { url, events: ['task.completed', 'task.failed', 'task.unknown', 'task.expired', 'quota.threshold'] }
      const made = await call('PUT', '/v1/webhooks/hook', { key, body })
      const { secret } = z.object({ secret: z.string() }).parse(made.json)
      secrets.add(secret)
      return secret
    },
    mint,
    create: (key, signal) => call('POST', GENERATION, { key, body: { prompt: 'a small cat' }, ...signal === undefined ? {} : { signal } }),
    async tasks (key) {
      const { json } = await call('GET', '/v1/tasks', { key })
      return z.object({ data: z.array(z.object({ task_id: z.string().nullable(), status: z.string(), money: z.string() })) }).parse(json).data
    }
  }
}

/** The lines of a log. Throws if one of them is not a line of a log. */
export function logLines (text: string): LogLine[] {
  expect(text.endsWith('\n'), 'the log ends with a whole line').toBe(true)
  return text.slice(0, -1).split('\n').map(line => lineSchema.parse(JSON.parse(line)))
}

/** The messages of a log, in order. */
export function messagesOf (text: string): string[] {
  return logLines(text).map(({ msg }) => msg)
}
