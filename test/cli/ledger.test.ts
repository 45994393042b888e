// `mulegate ledger …` and `mulegate check` against a real gateway.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, startGateway, type Gateway } from '../support/gateway.ts'
import { cli, cliEnv, wellDone } from '../support/cli.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

// The log has the machine's time, the gateways have a test's.
const SUBMITTED = '2026-11-22T12:00:00.000Z'

let gateway: Gateway
let other: Gateway
const run = (...args: string[]): ReturnType<typeof cli> => cli(gateway, args)
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')

beforeAll(async () => { [gateway, other] = await Promise.all([startGateway(), startGateway()]) })
afterAll(() => Promise.all([gateway.stop(), other.stop()]))

/** The log of a gateway whose ledger was lost: it bought two tasks for a team and a key that this gateway has too. */
async function logOfLostTasks (): Promise<string> {
  const { team, keyId } = await gateway.team()
  await other.admin('POST', '/admin/v1/teams', { id: team })
  const { keyId: otherId, key } = await other.mint(team)
  await other.create(key)
  await other.create(key, { prompt: 'second' })
  return other.log().map(line => JSON.stringify({ ...line, time: SUBMITTED })).join('\n').replaceAll(otherId, keyId)
}

test('a log gives the ledger back what it lost; a second time it is all known', async () => {
  const path = join(tempFolder(), 'gateway.log')
  writeFileSync(path, `not JSON\n\n${await logOfLostTasks()}\n{"msg":"another line"}\n`)
  const first = await run('ledger', 'adopt', path)
  expect(first, first.stderr).toMatchObject({ code: 0, stderr: '' })
  expect(lines(first.stdout)).toEqual([
    expect.stringMatching(/^lines +\d+$/), 'not json        1', 'submitted       2', 'known           0', 'attached        0', 'restored        2', 'ended           0', 'no longer kept  0', 'refused         0'
  ])
  expect(JSON.parse(await wellDone(gateway, ['ledger', 'adopt', path, '--json']))).toMatchObject({ submitted: 2, known: 2, restored: 0 })
})

test.each(['restored', 'known'])('what the log says was deleted is deleted again, with its price, if the ledger lost the whole task or only its end: it is %s', async result => {
  const bought = (await logOfLostTasks()).split('\n').filter(line => line.includes('"msg":"task submitted"')).at(-1) ?? ''
  const { task_ref: ref, team } = JSON.parse(bought)
  if (result === 'known') await cli(gateway, ['ledger', 'adopt', '-'], { stdin: bought })
  const log = `${bought}\n${JSON.stringify({ msg: 'task deleted', task_ref: ref, money: 'refunded' })}\n`
  const { code, stdout } = await cli(gateway, ['ledger', 'adopt', '-', '--json'], { stdin: log })
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, submitted: 1, [result]: 1, ended: 1 })
  expect((await gateway.admin('GET', `/admin/v1/tasks?team=${team}`)).json.data).toMatchObject([{ task_ref: ref, status: 'deleted', money: 'refunded' }])
})

test('a log may come by stdin, and what the gateway does not take is named', async () => {
  const line = { time: SUBMITTED, msg: 'task submitted', task_ref: 'tsk_00aaaaaaaaaaaaaaaaaaaaaa', task_id: 'some-id', team: 'nobody', key_id: 'key_nobody', model: 'alibaba/wan2.2-t2v-plus', price_usd: '0.50' }
  const { code, stdout, stderr } = await cli(gateway, ['ledger', 'adopt', '-'], { stdin: `${JSON.stringify(line)}\n` })
  expect(code).toBe(1)
  expect(lines(stdout).at(-1)).toBe('refused         1')
  expect(lines(stderr)).toEqual([expect.stringMatching(/^tsk_00a+: /), 'mulegate: 1 tasks were not adopted'])
})

test('a log that is not there is wrong usage', async () => {
  expect(await run('ledger', 'adopt', '/nowhere/gateway.log')).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^mulegate: the log cannot be read: ENOENT/) })
})

test('every team is verified, disabled ones too', async () => {
  const { team, key } = await gateway.team()
  await gateway.create(key)
  await gateway.admin('DELETE', `/admin/v1/teams/${team}`)
  const count = (await gateway.admin('GET', '/admin/v1/teams?limit=100')).json.data.length
  expect(lines(await wellDone(gateway, ['ledger', 'verify']))).toEqual([`teams        ${count}`, expect.stringMatching(/^tasks {8}\d+$/), expect.stringMatching(/^sums {9}\d+$/), 'differences  0'])
  expect(lines(await wellDone(gateway, ['ledger', 'verify', '--team', team, '--repair'])).slice(0, 2)).toEqual(['teams        1', 'tasks        1'])
  expect(JSON.parse(await wellDone(gateway, ['ledger', 'verify', '--team', team, '--json']))).toMatchObject({ data: [{ team, tasks: 1, differences: [] }] })
  expect(await run('ledger', 'verify', '--team', 'nobody')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/There is no team nobody/) })
})

test('a loss is confirmed', async () => {
  expect(await run('ledger', 'confirm')).toEqual({ code: 0, stdout: '', stderr: 'The ledger is accepted as it is.\n' })
})

test('check says one line for each thing that must be, and all is well', async () => {
  const checked = lines(await wellDone(gateway, ['check']))
  expect(checked.map(line => line.split(/ +/).slice(0, 2))).toEqual(['gateway', 'configuration', 'prices', 'catalog', 'upstream', 'ledger'].map(name => ['ok', name]))
})

test('check fails when the token is wrong, when nobody answers, and when one check fails', async () => {
  const wrongToken = await cli(gateway, ['check'], { env: { ...cliEnv(gateway), MULEGATE_ADMIN_TOKEN: 'not-the-token' } })
  expect(wrongToken).toEqual({ code: 1, stdout: expect.stringMatching(/^FAILED {2}gateway +Send a valid admin token/), stderr: 'mulegate: 1 of 1 checks failed\n' })
  const url = `http://127.0.0.1:${await closedPort()}`
  const nobody = await cli(gateway, ['check', '--json'], { env: { MULEGATE_URL: url, MULEGATE_ADMIN_TOKEN: ADMIN_TOKEN } })
  expect(nobody.code).toBe(1)
  expect(JSON.parse(nobody.stdout)).toEqual({ ok: false, checks: [{ name: 'gateway', ok: false, detail: expect.stringContaining(`cannot reach ${url}: `) }] })
  const broken = await startGateway({ MULEROUTER_API_KEY: 'a-token-that-upstream-refuses' })
  try {
    const { code, stdout } = await cli(broken, ['check'])
    expect({ code, failed: lines(stdout).filter(line => line.startsWith('FAILED')) }).toEqual({ code: 1, failed: [expect.stringMatching(/^FAILED {2}upstream .* is refused with status 401/)] })
  } finally {
    await broken.stop()
  }
})
