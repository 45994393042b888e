// `.env.example` is the list of variables that an operator copies: it must be whole, and true.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { VARIABLES } from '../../src/config/config.ts'
import { read, UPSTREAM_TOKEN } from './read-config.ts'

const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
const ASSIGNMENT = /^(# ?)?([A-Z][A-Z0-9_]*)=(.*)$/gm
const assignments = [...text.matchAll(ASSIGNMENT)].map(([, hash, name = '', value = '']) => ({ name, value, active: hash === undefined }))

test('.env.example names every variable, each once, and no other', () => {
  expect(assignments.map(({ name }) => name).sort()).toEqual([...VARIABLES].sort())
})

test('only the variable that is required is not commented out, and it is empty', () => {
  expect(assignments.filter(({ active }) => active)).toEqual([{ name: 'MULEROUTER_API_KEY', value: '', active: true }])
})

test('.env.example with the token filled in is a configuration, and it is the default one', () => {
  const filled = parseEnv(text.replace(/^MULEROUTER_API_KEY=$/m, `MULEROUTER_API_KEY=${UPSTREAM_TOKEN}`))
  expect(filled).toEqual({ MULEROUTER_API_KEY: UPSTREAM_TOKEN })
  expect(read(filled)).toEqual(read())
})

test('the values that .env.example shows are the defaults', () => {
  const uncommented = parseEnv(text.replace(ASSIGNMENT, '$2=$3'))
  expect(Object.keys(uncommented).sort()).toEqual([...VARIABLES].sort())
  expect(read({ ...uncommented, MULEROUTER_API_KEY: UPSTREAM_TOKEN })).toEqual(read())
})

test('a variable is shown empty only if it has no default', () => {
  const shownEmpty = assignments.filter(({ value }) => value === '').map(({ name }) => name)
  expect(shownEmpty.sort()).toEqual([
    'ADMIN_TOKEN', 'ADMIN_TOKEN_FILE', 'HTTPS_PROXY', 'MULEROUTER_API_KEY', 'MULEROUTER_API_KEY_FILE', 'OPS_PORT', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'PRICE_FILE',
    'REDIS_SENTINEL', 'REDIS_TLS_CA_FILE', 'REDIS_URL', 'REDIS_URL_FILE', 'WEBHOOK_ALLOW_CIDRS'
  ])
})
