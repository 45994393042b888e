// Who is measured: each forwards the same create to the same upstream.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Request } from './load.ts'
import { listening, start, type Program, type Running } from './processes.ts'

export const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
export const BODY = JSON.stringify({ prompt: 'A small cat running in the moonlight, slow motion, soft light, a long shadow', size: '832*480', duration: 5, seed: 4711 })
const ADMIN_TOKEN = 'admin-token-of-a-benchmark'
export const UPSTREAM_TOKEN = 'upstream-token-of-a-benchmark'

export type Contender = { name: string, program: Running, create: Request, port: number }

export type Site = { folder: string, gatewayCore: number, upstreamPort: number, redisPort: number, ports: () => number }

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const OTHERS = fileURLToPath(new URL('../contenders', import.meta.url))

/** Starts one of them, ready for creates. */
async function ready (name: string, site: Site, program: Omit<Program, 'name' | 'core'>, port: number, request: Partial<Request> = {}): Promise<Contender> {
  const running = start({ ...program, name, core: site.gatewayCore, logFile: join(site.folder, `${name}.log`) })
  await listening(port)
  return {
    name,
    program: running,
    port,
    create: { url: `http://127.0.0.1:${port}${GENERATION}`, method: 'POST', headers: { authorization: `Bearer ${UPSTREAM_TOKEN}`, 'content-type': 'application/json' }, body: BODY, ...request }
  }
}

export function bareProxy (site: Site): Promise<Contender> {
  const port = site.ports()
  return ready('bare', site, { command: process.execPath, args: [join(HERE, 'bare-proxy.ts')], env: { PORT: String(port), UPSTREAM: `http://127.0.0.1:${site.upstreamPort}` } }, port)
}

export function fastifyProxy (site: Site): Promise<Contender> {
  const port = site.ports()
  return ready('fastify-http-proxy', site, { command: process.execPath, args: ['http-proxy.js'], cwd: OTHERS, env: { NODE_ENV: 'production', PORT: String(port), UPSTREAM: `http://127.0.0.1:${site.upstreamPort}` } }, port)
}

/** @returns undefined where it is not installed */
export async function nginx (site: Site): Promise<Contender | undefined> {
  if (spawnSync('nginx', ['-v']).status !== 0) return undefined
  const port = site.ports()
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
  upstream mulerouter { server 127.0.0.1:${site.upstreamPort}; keepalive 128; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / { proxy_pass http://mulerouter; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer ${UPSTREAM_TOKEN}"; }
  }
}
`)
  return ready('nginx', site, { command: 'nginx', args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')] }, port)
}

export function portkey (site: Site): Promise<Contender> {
  const port = site.ports()
  const upstream = `http://127.0.0.1:${site.upstreamPort}/v1`
  return ready('portkey', site, { command: process.execPath, args: ['node_modules/@portkey-ai/gateway/build/start-server.js', '--headless', `--port=${port}`], cwd: OTHERS, env: { NODE_ENV: 'production' } }, port, {
    // The route that it is known for: on its generic ones version 1.15 answers 500 after upstream has answered.
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { authorization: `Bearer ${UPSTREAM_TOKEN}`, 'content-type': 'application/json', 'x-portkey-provider': 'openai', 'x-portkey-custom-host': upstream }
  })
}

export async function mulegate (site: Site, ledger: 'embedded' | 'redis', env: Record<string, string> = {}): Promise<Contender> {
  const port = site.ports()
  const name = `mulegate ${ledger}`
  const contender = await ready(name, site, {
    command: process.execPath,
    args: [join(ROOT, 'src/main.ts')],
    cwd: site.folder,
    env: {
      PORT: String(port),
      MULEROUTER_API_KEY: UPSTREAM_TOKEN,
      MULEROUTER_BASE_URL: `http://127.0.0.1:${site.upstreamPort}`,
      ADMIN_TOKEN,
      REQUESTS_PER_MINUTE: '1000000000',
      ...ledger === 'redis' ? { REDIS_URL: `redis://127.0.0.1:${site.redisPort}` } : { DATABASE_PATH: join(site.folder, `ledger-${port}.db`) },
      ...env
    }
  }, port)
  const { key } = await newKey(port)
  return { ...contender, create: { ...contender.create, headers: { ...contender.create.headers, authorization: `Bearer ${key}` } } }
}

/** A team with limits that are counted, and never reached. */
export async function newKey (port: number): Promise<{ key: string, team: string }> {
  const team = `bench-${port}-${Math.floor(performance.now())}`
  await administer(port, '/teams', { id: team, timezone: 'Europe/Berlin', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 1e9 }, { per: 'month', unit: 'usd', limit: '100000000.00' }] } })
  const { key } = await administer(port, `/teams/${team}/keys`, { label: 'bench', limits: { tasks_in_flight: 1e9, quotas: [{ per: 'hour', unit: 'tasks', limit: 1e9 }] } })
  return { key: String(key), team }
}

async function administer (port: number, path: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/v1${path}`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return Object(await response.json())
}
