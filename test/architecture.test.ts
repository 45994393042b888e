// Who may import whom: the picture in ARCHITECTURE.md, enforced.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importsBelow, importsOf, type Import } from './support/imports.ts'

const SRC = fileURLToPath(new URL('../src', import.meta.url))

/** What each room may import besides itself. Files at the top of src are the ones that put the rooms together. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  catalog: ['kernel'],
  teams: ['kernel'],
  ledger: ['kernel', 'teams'],
  flows: ['kernel', 'catalog', 'teams', 'ledger'],
  upstream: ['kernel', 'ledger', 'flows'],
  webhooks: ['kernel', 'teams', 'ledger', 'flows'],
  stores: ['kernel', 'teams', 'ledger'],
  telemetry: ['kernel', 'teams', 'ledger', 'flows'],
  config: ['kernel', 'catalog', 'http', 'stores', 'telemetry'],
  http: ['kernel', 'catalog', 'teams', 'ledger', 'flows', 'telemetry'],
  jobs: ['kernel', 'ledger', 'flows'],
  cli: ['kernel'],
  simulator: []
}

/** Packages that have a home. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  fastify: ['http'],
  '@fastify/rate-limit': ['http'],
  '@fastify/under-pressure': ['http'],
  'secure-json-parse': ['http'],
  commander: ['cli'],
  yaml: ['cli'],
  'zod-openapi': ['http'],
  '@fastify/swagger-ui': ['http'],
  undici: ['upstream', 'webhooks'],
  standardwebhooks: ['webhooks'],
  'node:sqlite': ['stores'],
  ioredis: ['stores'],
  'lru-cache': ['stores'],
  pino: ['telemetry'],
  'sonic-boom': ['telemetry'],
  '@opentelemetry/api': ['telemetry'],
  '@opentelemetry/exporter-trace-otlp-http': ['telemetry'],
  '@opentelemetry/resources': ['telemetry'],
  '@opentelemetry/sdk-trace': ['telemetry'],
  'prom-client': ['telemetry'],
  'node:http': ['http', 'simulator']
}
const ALLOWED_ELSEWHERE: readonly string[] = ['app.ts -> fastify']

function roomOf (path: string): string | undefined { return path.includes('/') ? path.split('/')[0] : undefined }

/** Every import that breaks the picture, as `from -> to`. */
function violations (imports: readonly Import[]): string[] {
  return imports.filter(({ from, to, own }) => {
    const room = roomOf(from)
    if (!own) return HOMES[to] !== undefined && !HOMES[to].includes(room ?? '') && !ALLOWED_ELSEWHERE.includes(`${from} -> ${to}`)
    if (room === undefined) return false
    const target = roomOf(to)
    return target !== room && (target === undefined || !(ROOMS[room] ?? []).includes(target))
  }).map(({ from, to }) => `${from} -> ${to}`)
}

test('every import in src follows the picture', () => {
  expect(violations(importsBelow(SRC))).toEqual([])
})

test('every folder of src is a room of the picture, and every room of the picture exists', () => {
  const folders = readdirSync(SRC, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name)
  expect(folders.sort()).toEqual(Object.keys(ROOMS).sort())
})

test.each([
  ['flows/submit-task.ts', 'import type { FastifyInstance } from \'fastify\'', 'flows/submit-task.ts -> fastify'],
  ['ledger/task.ts', 'import { catalog } from \'../catalog/catalog.ts\'', 'ledger/task.ts -> catalog/catalog.ts'],
  ['kernel/money.ts', 'export { sqliteLedger } from \'../stores/sqlite/ledger.ts\'', 'kernel/money.ts -> stores/sqlite/ledger.ts'],
  ['stores/sqlite/ledger.ts', 'const { readTask } = await import(\'../../flows/read-task.ts\')', 'stores/sqlite/ledger.ts -> flows/read-task.ts'],
  ['http/server.ts', 'import { openServices } from \'../services.ts\'', 'http/server.ts -> services.ts'],
  ['cli/limit-options.ts', 'import { QUOTA_PERIODS } from \'../teams/limits.ts\'', 'cli/limit-options.ts -> teams/limits.ts'],
  ['simulator/sizes.ts', 'import { catalog } from \'../catalog/catalog.ts\'', 'simulator/sizes.ts -> catalog/catalog.ts']
])('an import that breaks the picture is named: %s', (from, source, named) => {
  expect(violations(importsOf(from, source))).toEqual([named])
})
