// What SECURITY.md claims stands in files that are there, and with the figures that hold.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { CONNECTION_LIMITS } from '../../src/http/connection-limits.ts'
import { readPage } from './read-page.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readPage('SECURITY.md')

test('every file that is named is there', () => {
  const named = [...PAGE.matchAll(/`((?:src|test|docs)\/[^`\s]+|package[^`\s]*\.json)`/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter(path => !existsSync(join(ROOT, path)))).toEqual([])
})

test('the limits are those of the server', () => {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, quietTimeoutMs, connectionsMax } = CONNECTION_LIMITS
  const [headers, request, idle, quiet] = [headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, quietTimeoutMs].map(ms => ms / 1000)
  expect(PAGE).toContain(`${headers} s for headers or a first byte, ${request} s for a request, ${idle} s idle, at least ${quiet} s without a byte in either direction; ${connectionsMax.toLocaleString('en')} connections`)
})
