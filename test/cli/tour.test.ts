// A day of an operator in thirty-odd calls of the command line, each a process of its own: teams, keys, creates, unknown outcomes, the report, a file.
// `npm run cli:tour` prints it, on both ledgers.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cliEnv, cliProcess } from '../support/cli.ts'
import { PENDING_MS, PROCESSING_MS, startGateway, type Gateway } from '../support/gateway.ts'
import { ON_REDIS } from '../support/ledger-for-test.ts'
import { tempFolder } from '../support/temp-folder.ts'

const EXAMPLE = new URL('../../docs/teams.example.yaml', import.meta.url)

let gateway: Gateway
const transcript: string[] = []
let calls = 0

beforeAll(async () => { gateway = await startGateway() })
afterAll(async () => {
  await gateway.stop()
  if (process.env['MULEGATE_TOUR'] === 'print') process.stdout.write(`\n=== ${ON_REDIS ? 'Redis ledger' : 'embedded ledger'}, ${calls} calls ===\n${transcript.join('\n')}\n`)
})

test('thirty calls: three teams, creates, rotations, revocations, unknown outcomes decided all three ways, the report', async () => {
  const cwd = tempFolder()
  const env = { ...cliEnv(gateway), TZ: 'UTC' }

  /** One call, as a process; keys do not go to the transcript. */
  async function mulegate (args: string[], code = 0): Promise<string> {
    const ended = await cliProcess(args, { cwd, env })
    calls++
    const words = args.map(word => /^[\w./:@=*,-]+$/.test(word) ? word : `'${word}'`)
    transcript.push(`$ mulegate ${words.join(' ')}`, `${ended.stderr}${ended.stdout}`.replace(/(mg_(?:live|test)_)\w{36}/g, '$1…').trimEnd(), ...ended.code === 0 ? [] : [`[exit code ${ended.code}]`])
    expect(ended.code, `${args.join(' ')}: ${ended.stderr}`).toBe(code)
    return ended.stdout
  }
  const mint = async (...args: string[]): Promise<string> => {
    const stdout = await mulegate(['key', 'mint', ...args])
    expect(stdout).toMatch(/^mg_(live|test)_\w{36}\n$/)
    return stdout.trim()
  }
  const keyIdOf = async (team: string, label: string): Promise<string> => {
    const { json } = await gateway.admin('GET', `/admin/v1/teams/${team}/keys`)
    return json.data.find((key: { label: string }) => key.label === label).id
  }
  const unknown = async (key: string): Promise<string> => (await gateway.create(key, { prompt: '[[reset]]', size: '832*480' })).json.task_ref

  await mulegate(['check'])
  await mulegate(['team', 'create', 'ads', '--name', 'Advertising', '--timezone', 'Europe/Berlin', '--quota', 'day:tasks:20', '--quota', 'month:usd:150.00', '--in-flight', '4'])
  await mulegate(['team', 'create', 'video', '--timezone', 'America/New_York', '--requests-per-minute', '120', '--field', 'size=832*480,480*832'])
  await mulegate(['team', 'create', 'research', '--quota', 'total:usd:5', '--model', 'alibaba/wan2.2-t2v-plus'])
  await mulegate(['team', 'create', 'ads'], 1)
  await mulegate(['team', 'set', 'ads', '--in-flight', '8', '--quota', 'day:tasks:30'])
  await mulegate(['team', 'list'])
  const ads = await mint('ads', '--label', 'render farm', '--webhooks')
  const video = await mint('video', '--label', 'nightly', '--quota', 'day:tasks:10')
  const leaked = await mint('research', '--label', 'notebook')
  await mint('research', '--label', 'trial', '--test', '--expires', '2026-12-31T00:00:00Z')

  for (const prompt of ['a small cat', 'a large dog', '[[fail]]']) expect((await gateway.create(ads, { prompt })).status).toBe(202)
  expect((await gateway.create(video, { prompt: 'a train', size: '832*480' })).status).toBe(202)
  const [billed, notBilled, found] = [await unknown(ads), await unknown(video), await unknown(leaked)]
  const foundId = gateway.simulator.received.tasks.at(-1) ?? ''

  await mulegate(['task', 'list', '--status', 'unknown'])
  await mulegate(['task', 'resolve', billed, '--as', 'spent', '--reason', 'on the invoice'])
  await mulegate(['task', 'resolve', notBilled, '--as', 'refunded', '--reason', 'not on the invoice'])
  await mulegate(['task', 'resolve', found, '--as', 'accepted', '--task-id', foundId, '--reason', 'found in the console'])
  await mulegate(['task', 'resolve', billed, '--as', 'refunded', '--reason', 'twice'], 1)
  await mulegate(['task', 'show', found])

  const farm = await keyIdOf('ads', 'render farm')
  const rotated = (await mulegate(['key', 'rotate', farm, '--overlap', '24h'])).trim()
  expect((await gateway.create(ads, { prompt: 'the old key, in the overlap' })).status).toBe(202)
  expect((await gateway.create(rotated, { prompt: 'the new key' })).status).toBe(202)
  await mulegate(['key', 'list', 'ads'])
  await mulegate(['key', 'revoke', await keyIdOf('research', 'notebook')])
  expect((await gateway.create(leaked)).status).toBe(401)
  await mulegate(['key', 'set', await keyIdOf('video', 'nightly'), '--label', 'every night', '--quota', 'day:tasks:none'])
  await mulegate(['key', 'show', await keyIdOf('video', 'every night')])

  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  const { json: { data: unfinished } } = await gateway.admin('GET', '/admin/v1/tasks?status=pending&limit=100')
  const owners: Record<string, string> = { ads: rotated, video }
  for (const { task_id: id, team } of unfinished) if (owners[team] !== undefined) await gateway.read(owners[team], id)

  await mulegate(['task', 'list', '--team', 'ads'])
  const report = await mulegate(['usage', '--from', '2026-11-01', '--to', '2026-11-30', '--group-by', 'team'])
  expect(report.split('\n').slice(1, -1).map(line => line.split(/ +/))).toEqual([
    ['ads', '6', '4', '1', '1', '2.10', '0.00', '0.50'],
    ['research', '1', '0', '0', '0', '0.00', '0.10', '0.00'],
    ['video', '2', '1', '0', '1', '0.10', '0.00', '0.10'],
    ['total', '9', '5', '1', '2', '2.20', '0.10', '0.60']
  ])
  await mulegate(['usage', '--from', '2026-11-01', '--to', '2026-11-30', '--group-by', 'team,key', '--csv'])

  copyFileSync(EXAMPLE, join(cwd, 'teams.yaml'))
  await mulegate(['apply', 'teams.yaml', '--dry-run'])
  await mulegate(['apply', 'teams.yaml'])
  await mulegate(['apply', 'teams.yaml'])
  writeFileSync(join(cwd, 'teams.yaml'), readFileSync(EXAMPLE, 'utf8').replace('per: day', 'per: year'))
  await mulegate(['apply', 'teams.yaml'], 1)

  await mulegate(['team', 'disable', 'research'])
  await mulegate(['ledger', 'verify'])
  await mulegate(['audit', '--limit', '10'])
  await mulegate(['usage', '--by', 'team'], 2)
  expect(calls).toBeGreaterThanOrEqual(30)
})
