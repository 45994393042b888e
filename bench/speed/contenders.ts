// Who is measured: each forwards the same create to the same upstream.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Request } from './load.ts'
import { CORES, freePort, type Program, type Running } from './processes.ts'

export const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
export const BODY = JSON.stringify({ prompt: 'A small cat running in the moonlight, slow motion, soft light, a long shadow', size: '832*480', duration: 5, seed: 4711 })
const ADMIN_TOKEN = 'admin-token-of-a-benchmark'
const UPSTREAM_TOKEN = 'upstream-token-of-a-benchmark'

export type Contender = { name: string, program: Running, port: number, create: Request }

/** `team`: whose key the create is sent with. */
export type Gateway = Contender & { team: string }

/** What a contender needs of the place where it is measured. */
export type Site = {
  folder: string
  start (name: string, program: Omit<Program, 'logFile'>, port: number): Promise<Running>
  upstream (): Promise<{ port: number }>
  redis (): Promise<{ port: number }>
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OTHERS = fileURLToPath(new URL('../contenders', import.meta.url))

/** With how long each is warmed up: V8 makes a create of mulegate cheaper for some fifteen seconds, one of the others for less. */
export const CONTENDERS = {
  bare: { start: bareProxy, warmUpS: 5 },
  'fastify-http-proxy': { start: fastifyProxy, warmUpS: 5 },
  nginx: { start: nginx, warmUpS: 1 },
  portkey: { start: portkey, warmUpS: 8 },
  'mulegate embedded': { start: (site: Site) => mulegate(site, 'embedded'), warmUpS: 14 },
  'mulegate redis': { start: (site: Site) => mulegate(site, 'redis'), warmUpS: 14 }
} as const satisfies Record<string, { start: (site: Site) => Promise<Contender | undefined>, warmUpS: number }>

export type ContenderName = keyof typeof CONTENDERS

/** The create as it is sent to whoever passes the upstream's token on. */
export function createAt (port: number, token = UPSTREAM_TOKEN): Request {
  return { url: `http://127.0.0.1:${port}${GENERATION}`, method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: BODY }
}

/** The same caller reads tasks, many of them in turn. */
export function readsOf ({ create: { url, headers: { authorization = '' } } }: Pick<Contender, 'create'>, taskIds: readonly string[]): Request {
  return { url, method: 'GET', headers: { authorization }, paths: taskIds.map(id => `${GENERATION}/${id}`) }
}

async function bareProxy (site: Site): Promise<Contender> {
  const [port, upstream] = [await freePort(), await site.upstream()]
  const program = await site.start('bare', { command: process.execPath, args: [join(HERE, 'bare-proxy.ts')], env: { PORT: String(port), UPSTREAM: `http://127.0.0.1:${upstream.port}` }, cores: CORES.gateway }, port)
  return { name: 'bare', program, port, create: createAt(port) }
}

async function fastifyProxy (site: Site): Promise<Contender> {
  const [port, upstream] = [await freePort(), await site.upstream()]
  const env = { NODE_ENV: 'production', PORT: String(port), UPSTREAM: `http://127.0.0.1:${upstream.port}` }
  const program = await site.start('fastify-http-proxy', { command: process.execPath, args: ['http-proxy.js'], cwd: OTHERS, env, cores: CORES.gateway }, port)
  return { name: 'fastify-http-proxy', program, port, create: createAt(port) }
}

/** @returns undefined where it is not installed */
async function nginx (site: Site): Promise<Contender | undefined> {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined
  const [port, upstream] = [await freePort(), await site.upstream()]
  const folder = join(site.folder, 'nginx')
  mkdirSync(folder)
  writeFileSync(join(folder, 'nginx.conf'), `worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream mulerouter { server 127.0.0.1:${upstream.port}; keepalive 128; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / { proxy_pass http://mulerouter; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer ${UPSTREAM_TOKEN}"; }
  }
}
`)
  const program = await site.start('nginx', { command: 'nginx', args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], cores: CORES.gateway }, port)
  return { name: 'nginx', program, port, create: createAt(port) }
}

async function portkey (site: Site): Promise<Contender> {
  const [port, upstream] = [await freePort(), await site.upstream()]
  const args = ['node_modules/@portkey-ai/gateway/build/start-server.js', '--headless', `--port=${port}`]
  const program = await site.start('portkey', { command: process.execPath, args, cwd: OTHERS, env: { NODE_ENV: 'production' }, cores: CORES.gateway }, port)
  const create = createAt(port)
  return {
    name: 'portkey',
    program,
    port,
    // The route that it is known for: on its generic ones version 1.15 answers 500 after upstream has answered.
    create: {
      ...create,
      url: `http://127.0.0.1:${port}/v1/chat/completions`,
      headers: { ...create.headers, 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `http://127.0.0.1:${upstream.port}/v1` }
    }
  }
}

export type GatewaySettings = {
  name?: string
  env?: Record<string, string>
  nodeArgs?: readonly string[]
  cores?: string
  upstreamPort?: number
  redisPort?: number
  databasePath?: string
  /** whose key is used; a new one's unless said otherwise */
  team?: string
  /** where operators are served, if not on the same port */
  adminPort?: number
}

/** A gateway with all of its work, and a caller with limits that are counted and never reached. */
export async function mulegate (site: Site, ledger: 'embedded' | 'redis', { name = `mulegate ${ledger}`, team: given, adminPort, cores = CORES.gateway, nodeArgs = [], ...settings }: GatewaySettings = {}): Promise<Gateway> {
  const [port, env] = [await freePort(), await gatewayEnv(site, ledger, settings)]
  const program = await site.start(name, { command: process.execPath, args: [...nodeArgs, join(ROOT, 'src/main.ts')], cwd: site.folder, env: { ...env, PORT: String(port) }, cores }, port)
  const team = given ?? await newTeam(adminPort ?? port)
  return { name, program, port, team, create: createAt(port, await newKey(adminPort ?? port, team)) }
}

/** What a gateway is told, but for its port. */
export async function gatewayEnv (site: Site, ledger: 'embedded' | 'redis', { env = {}, ...given }: Pick<GatewaySettings, 'env' | 'upstreamPort' | 'redisPort' | 'databasePath'> = {}): Promise<Record<string, string>> {
  const { upstreamPort = (await site.upstream()).port, redisPort, databasePath = join(site.folder, `ledger-${Math.random().toString(36).slice(2)}.db`) } = given
  return {
    MULEROUTER_API_KEY: UPSTREAM_TOKEN,
    MULEROUTER_BASE_URL: `http://127.0.0.1:${upstreamPort}`,
    ADMIN_TOKEN,
    REQUESTS_PER_MINUTE: '1000000000',
    ...ledger === 'redis' ? { REDIS_URL: `redis://127.0.0.1:${redisPort ?? (await site.redis()).port}` } : { DATABASE_PATH: databasePath },
    ...env
  }
}

async function newTeam (port: number): Promise<string> {
  const id = `bench-${Math.random().toString(36).slice(2)}`
  await administer(port, '/teams', { id, timezone: 'Europe/Berlin', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1e9 }, { per: 'month', unit: 'usd', limit: '100000000.00' }] } })
  return id
}

/** The secret of a new key of the team. */
export async function newKey (port: number, team: string): Promise<string> {
  const { key } = await administer(port, `/teams/${team}/keys`, { label: 'bench', limits: { tasks_in_flight: 1e9, quotas: [{ per: 'hour', unit: 'tasks', limit: 1e9 }] } })
  return String(key)
}

async function administer (port: number, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return Object(await response.json())
}
