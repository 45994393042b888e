// `mulegate team …` against a real gateway.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, wellDone } from '../support/cli.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')
const run = (...args: string[]): ReturnType<typeof cli> => cli(gateway, args)
const teamOf = async (id: string) => (await gateway.admin('GET', `/admin/v1/teams/${id}`)).json

beforeAll(async () => { gateway = await startGateway() })
afterAll(() => gateway.stop())

test('a team is made with all that options can say, and shown as it is', async () => {
  const shown = await wellDone(gateway, [
    'team', 'create', 'ads', '--name', 'Ads', '--timezone', 'Europe/Berlin', '--quota', 'day:tasks:20', '--quota', 'month:usd:150.00', '--in-flight', '4',
    '--requests-per-minute', '120', '--model', 'alibaba/wan2.2-t2v-plus', '--field', 'size=832*480,480x832', '--field', 'safety_filter=true'
  ])
  expect(lines(shown)).toEqual([
    'team                 ads',
    'name                 Ads',
    'timezone             Europe/Berlin',
    'state                enabled',
    'in-flight            4',
    'requests-per-minute  120',
    'quota day:tasks      20',
    'quota month:usd      150.00',
    'model                alibaba/wan2.2-t2v-plus',
    'field size           832*480, 480*832',
    'field safety_filter  true',
    'created              2026-11-22T12:00:00.000Z',
    'changed              2026-11-22T12:00:00.000Z'
  ])
  expect(await teamOf('ads')).toMatchObject({
    limits: { requests_per_minute: 120, tasks_in_flight: 4, quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: '150.00' }] },
    policy: { models: ['alibaba/wan2.2-t2v-plus'], fields: { size: ['832*480', '480*832'], safety_filter: [true] } }
  })
})

test('set changes what is named and leaves everything else', async () => {
  await wellDone(gateway, ['team', 'create', 'video', '--name', 'Video', '--quota', 'day:tasks:20', '--quota', 'month:usd:150', '--in-flight', '4', '--field', 'size=832*480', '--model', 'alibaba/wan2.2-t2v-plus'])
  await wellDone(gateway, ['team', 'set', 'video', '--quota', 'day:tasks:30', '--requests-per-minute', '60'])
  expect(await teamOf('video')).toMatchObject({
    name: 'Video', limits: { requests_per_minute: 60, tasks_in_flight: 4, quotas: [{ per: 'day', unit: 'tasks', limit: 30 }, { per: 'month', unit: 'usd', limit: '150.00' }] }
  })
  await wellDone(gateway, ['team', 'set', 'video', '--quota', 'day:tasks:none', '--quota', 'hour:tasks:none', '--in-flight', 'none', '--field', 'size=any', '--model', 'any'])
  const { limits, policy } = await teamOf('video')
  expect(limits).toEqual({ requests_per_minute: 60, quotas: [{ per: 'month', unit: 'usd', limit: '150.00' }] })
  expect(policy).toEqual({ fields: {} })
})

test('a disabled team can be enabled again', async () => {
  await wellDone(gateway, ['team', 'create', 'sleepy'])
  expect(await run('team', 'disable', 'sleepy')).toEqual({ code: 0, stdout: '', stderr: 'Team sleepy is disabled; its keys are refused from now on.\n' })
  expect((await teamOf('sleepy')).disabled).toBe(true)
  await wellDone(gateway, ['team', 'set', 'sleepy', '--enable'])
  expect((await teamOf('sleepy')).disabled).toBe(false)
})

test('lists are tables, are followed over their pages, and say when they were not shown to their end', async () => {
  for (let index = 100; index < 225; index++) await gateway.admin('POST', '/admin/v1/teams', { id: `list-${index}`, name: `Name ${index}` })
  const all = lines(await wellDone(gateway, ['team', 'list', '--all']))
  expect(all[0]).toMatch(/^TEAM +NAME +TIMEZONE +STATE +LIMITS$/)
  expect(all.filter(line => line.startsWith('list-'))).toHaveLength(125)
  const some = await run('team', 'list', '-n', '110')
  expect(lines(some.stdout)).toHaveLength(111)
  expect(some.stderr).toBe('The first 110; --all shows the rest.\n')
  const json = JSON.parse(await wellDone(gateway, ['team', 'list', '--limit', '2', '--json']))
  expect(json).toMatchObject({ data: [expect.objectContaining({ id: expect.any(String), limits: expect.any(Object) }), {}], next_cursor: expect.any(String) })
})

test('what the gateway refuses is its sentence, each wrong field on a line, and exit code 1', async () => {
  expect(await run('team', 'show', 'nobody')).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^mulegate: There is no team nobody\. \(request_id: req_\w+\)\n$/) })
  const { code, stdout, stderr } = await run('team', 'create', 'Wrong', '--timezone', 'Berlin', '--quota', 'day:tasks:5', '--field', 'size=832*480')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(lines(stderr)).toEqual([
    expect.stringMatching(/^mulegate: The body is not valid: \(request_id: req_\w+\)$/),
    '  id must be 1 to 40 of a-z, 0-9 and -',
    '  timezone is not an IANA time zone; an example is Europe/Berlin'
  ])
})

test('what a name holds that a terminal would obey is not written to one', async () => {
  await gateway.admin('POST', '/admin/v1/teams', { id: 'evil', name: '\u001b[31mred\u0007\u009b2J\u202egnp' })
  const shown = await wellDone(gateway, ['team', 'show', 'evil'])
  expect(lines(shown)[1]).toBe('name      [31mred2Jgnp')
  const json = await wellDone(gateway, ['team', 'show', 'evil', '--json'])
  expect(json).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u)
  expect(JSON.parse(json).name).toBe('\u001b[31mred\u0007\u009b2J\u202egnp')
})

test.each([
  [['team', 'create', 'x', '--quota', 'day:tasks'], /It must be per:unit:limit/],
  [['team', 'create', 'x', '--quota', 'year:tasks:5'], /The period must be one of hour, day, week, month, total/],
  [['team', 'create', 'x', '--quota', 'day:euros:5'], /The unit must be tasks or usd/],
  [['team', 'create', 'x', '--quota', 'day:tasks:many'], /It must be a whole number/],
  [['team', 'create', 'x', '--quota', 'day:usd:1,50'], /US dollars are written as 150 or 150\.00/],
  [['team', 'create', 'x', '--in-flight', '-1'], /It must be a whole number/],
  [['team', 'create', 'x', '--field', 'size'], /It must be name=values/],
  [['team', 'create', 'x', '--model', 'any', '--model', 'a/b'], /permits every model/],
  [['team', 'create', 'x', '--zone', 'UTC'], /unknown option '--zone'/],
  [['team', 'create'], /missing required argument 'id'/],
  [['team', 'create', 'x', 'y'], /too many arguments/],
  [['team', 'set', 'ads'], /nothing is to be changed/],
  [['team', 'list', '--limit', '0'], /It must be at least 1/],
  [['team', 'list', '--limit', '5', '--all'], /cannot be used with/],
  [['team', 'lst'], /Did you mean list\?/],
  [['team'], /Usage: mulegate team/],
  [[], /Usage: mulegate/]
])('%j is wrong usage: exit code 2, and nothing on stdout', async (args, complaint) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(complaint) })
})
