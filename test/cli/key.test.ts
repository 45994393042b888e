// `mulegate key …` against a real gateway: above all, where a new key goes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, wellDone } from '../support/cli.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let team: string
const run = (...args: string[]): ReturnType<typeof cli> => cli(gateway, args)
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')
const keyOf = async (id: string) => (await gateway.admin('GET', `/admin/v1/keys/${id}`)).json

beforeAll(async () => {
  gateway = await startGateway()
  team = (await gateway.team()).team
})
afterAll(() => gateway.stop())

/** Mints a key by the command line. */
async function minted (...options: string[]): Promise<{ id: string, key: string }> {
  const { code, stdout, stderr } = await run('key', 'mint', team, ...options)
  expect(code, stderr).toBe(0)
  return { id: /key_\w+/.exec(stderr)?.[0] ?? '', key: stdout.trim() }
}

test('a new key is alone on stdout, and everything about it on stderr', async () => {
  const { code, stdout, stderr } = await run('key', 'mint', team, '--label', 'render farm', '--webhooks', '--expires', '2026-12-31T00:00:00Z', '--quota', 'day:tasks:5', '--field', 'size=480*832')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^mg_live_\w{36}\n$/) })
  expect(stderr).toMatch(new RegExp(`^Made key key_\\w+ of team ${team} \\(render farm\\)\\. It is shown this once:\n$`))
  expect((await gateway.usage(stdout.trim())).status).toBe(200)
  expect(await keyOf(/key_\w+/.exec(stderr)?.[0] ?? '')).toMatchObject({
    label: 'render farm', webhooks: true, mode: 'live', expires_at: '2026-12-31T00:00:00.000Z', limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 5 }] }, policy: { fields: { size: ['480*832'] } }
  })
})

test('a test key is one, and never is no end', async () => {
  const { id, key } = await minted('--test', '--expires', 'never')
  expect(key).toMatch(/^mg_test_/)
  expect(await keyOf(id)).toMatchObject({ mode: 'test', expires_at: null })
})

test('the key with everything about it, for programs', async () => {
  const { stdout } = await run('key', 'mint', team, '--label', 'ci', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ id: expect.stringMatching(/^key_/), key: expect.stringMatching(/^mg_live_/), label: 'ci' })
})

test('a rotated key is alone on stdout, and the old one is good for the overlap', async () => {
  const old = await minted('--label', 'rotating')
  const { code, stdout, stderr } = await run('key', 'rotate', old.id, '--overlap', '15m')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^mg_live_\w{36}\n$/) })
  expect(stderr).toMatch(new RegExp(`^Made key key_\\w+ of team ${team} \\(rotating\\), in the place of ${old.id}, which ends at 2026-11-22T12:15:00\\.000Z\\. It is shown this once:\n$`))
  expect((await gateway.usage(old.key)).status).toBe(200)
  expect(lines(await wellDone(gateway, ['key', 'show', old.id]))).toContain('state        good, rotated')
  const rotatedAgain = await run('key', 'rotate', /key_\w+/.exec(stderr)?.[0] ?? '', '--overlap', '0')
  expect(rotatedAgain.code).toBe(0)
  expect((await gateway.usage(stdout.trim())).status).toBe(401)
  expect((await gateway.usage(rotatedAgain.stdout.trim())).status).toBe(200)
})

test('set changes what is named and leaves everything else', async () => {
  const { id } = await minted('--label', 'first', '--webhooks', '--expires', '2026-12-31T00:00:00Z', '--quota', 'day:tasks:5', '--quota', 'total:usd:9')
  await wellDone(gateway, ['key', 'set', id, '--label', 'second', '--quota', 'day:tasks:none'])
  expect(await keyOf(id)).toMatchObject({ label: 'second', webhooks: true, expires_at: '2026-12-31T00:00:00.000Z', limits: { quotas: [{ per: 'total', unit: 'usd', limit: '9.00' }] } })
  await wellDone(gateway, ['key', 'set', id, '--no-webhooks', '--expires', 'never'])
  expect(await keyOf(id)).toMatchObject({ label: 'second', webhooks: false, expires_at: null })
})

test('lists say what each key is good for; no list and no view shows a key', async () => {
  const { team: other, keyId, key } = await gateway.team({}, { label: 'good one' })
  const ended = await gateway.mint(other, { label: 'ended', expires_at: '2026-11-22T12:00:01Z' })
  const revoked = await gateway.mint(other, { label: 'revoked' })
  expect(await run('key', 'revoke', revoked.keyId)).toEqual({ code: 0, stdout: '', stderr: `Key ${revoked.keyId} is revoked.\n` })
  const states = { [keyId]: 'good', [ended.keyId]: 'good', [revoked.keyId]: 'revoked' }
  const rows = lines(await wellDone(gateway, ['key', 'list', other])).slice(1)
  expect(Object.fromEntries(rows.map(row => [row.split(/ {2,}/)[0], row.split(/ {2,}/)[3]]))).toEqual(states)
  const shown = await wellDone(gateway, ['key', 'show', keyId])
  expect(lines(shown)).toEqual([`key       ${keyId}`, `team      ${other}`, 'label     good one', 'mode      live', 'state     good', 'expires   never', 'webhooks  no', `lineage   ${keyId}`, 'created   2026-11-22T12:00:00.000Z'])
  expect(rows.join() + shown).not.toContain(key)
})

test('a key that has ended is called expired', async () => {
  const { id } = await minted('--expires', '2026-11-22T12:00:01Z')
  gateway.clock.advance(1000)
  expect(lines(await wellDone(gateway, ['key', 'show', id]))).toContain('state     expired')
})

test.each([
  [['key', 'mint', 'x', '--expires', 'tomorrow'], /It must be a time such as 2026-12-31T23:59:59Z, or never/],
  [['key', 'mint', 'x', '--expires', '2026-13-01T00:00:00Z'], /It must be a time/],
  [['key', 'rotate', 'key_x', '--overlap', '1w'], /It must be seconds, or a time such as 15m, 24h or 7d/],
  [['key', 'set', 'key_x'], /nothing is to be changed/],
  [['key', 'set', 'key_x', '--test'], /unknown option '--test'/]
])('%j is wrong usage', async (args, complaint) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(complaint) })
})

test('a key that is not there is refused', async () => {
  expect(await run('key', 'rotate', 'key_nothere')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^mulegate: There is no key key_nothere\./) })
})
