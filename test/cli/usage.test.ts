// `mulegate usage`: the table that is put into a mail, and the CSV that is put into a spreadsheet.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, wellDone } from '../support/cli.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let teams: string[]
const run = (...args: string[]): ReturnType<typeof cli> => cli(gateway, args)
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')

beforeAll(async () => {
  gateway = await startGateway()
  const [first, second] = [await gateway.team(), await gateway.team({}, { mode: 'test' })]
  teams = [first.team, second.team]
  await gateway.create(first.key)
  await gateway.create(first.key, { prompt: 'small', size: '832*480' })
  await gateway.create(first.key, { prompt: '[[reset]]' })
  await gateway.create(second.key)
})
afterAll(() => gateway.stop())

test('a table with a line of totals, of this month when nothing else is said', async () => {
  const { code, stdout, stderr } = await run('usage')
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'Usage from 2026-11-01 to 2026-11-30\n' })
  const [team = ''] = teams
  expect(lines(stdout)).toEqual([
    `${'TEAM'.padEnd(team.length)}  TASKS  COMPLETED  FAILED  UNKNOWN  SPENT USD  HELD USD  REFUNDED USD`,
    `${team}      3          0       0        1       0.00      1.10          0.00`,
    `${'total'.padEnd(team.length)}      3          0       0        1       0.00      1.10          0.00`
  ])
})

test('by what is asked for, in that order, of what is asked for', async () => {
  const [team = '', other = ''] = teams
  expect(lines(await wellDone(gateway, ['usage', '--from', '2026-11-22', '--to', '2026-11-22', '--group-by', 'day,team', '--team', team]))[1]).toMatch(new RegExp(`^2026-11-22  ${team}  `))
  expect(lines(await wellDone(gateway, ['usage', '--to', '2026-11-21']))).toHaveLength(2)
  const { stdout, stderr } = await run('usage', '--from', '2026-11-22', '--mode', 'test')
  expect(stderr).toBe('Usage of test keys from 2026-11-22 to now\n')
  expect(lines(stdout)[1]).toMatch(new RegExp(`^${other} +1 +0 +0 +0 +0\\.00 +0\\.00 +0\\.00$`))
})

test('CSV and JSON are what the gateway answers', async () => {
  const [team = ''] = teams
  expect(await wellDone(gateway, ['usage', '--csv'])).toBe(`team,tasks,completed,failed,unknown,spent_usd,held_usd,refunded_usd\n${team},3,0,0,1,0.00,1.10,0.00\n`)
  expect(JSON.parse(await wellDone(gateway, ['usage', '--json']))).toMatchObject({ data: [{ team, tasks: 3, held_usd: '1.10' }], totals: { tasks: 3, held_usd: '1.10' } })
})

test('what the gateway does not know is refused by it, and nothing is on stdout', async () => {
  expect(await run('usage', '--group-by', 'color')).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^mulegate: The query is not valid: group_by must be some of/) })
  expect(await run('usage', '--csv', '--from', 'monday')).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^mulegate: The query is not valid: from must be a day/) })
  expect(await run('usage', '--csv', '--json')).toMatchObject({ code: 2, stdout: '' })
})
