// A thousand tasks with every fate there is: the report is the sum over them, however it is grouped.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, GENERATION, startGateway, type Gateway } from '../../support/gateway.ts'

const TASKS = 1000
const ZONES = ['UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/Los_Angeles']
const FATES = ['completed', 'failed', 'deleted', 'unknown', 'spent', 'refunded', 'accepted', 'refused', 'unfinished'] as const
type Column = 'team' | 'key' | 'model' | 'day'
const GROUPINGS: readonly Column[][] = [['team'], ['key'], ['model'], ['day'], ['team', 'day'], ['day', 'team'], ['key', 'model'], ['team', 'key', 'model', 'day']]

type Listed = { team: string, key_id: string, model: string, status: string, money: string, price_usd: string, created_at: string }
type Figures = { tasks: number, completed: number, failed: number, unknown: number, spent_usd: string, held_usd: string, refunded_usd: string }
type Key = { team: string, keyId: string, key: string }

let gateway: Gateway
let tasks: Listed[]
const zones = new Map<string, string>()
const lineages = new Map<string, string>()

beforeAll(async () => {
  gateway = await startGateway({ STATUS_MAX_AGE_MS: '1000', UPSTREAM_CONNECTIONS: '64', REQUESTS_PER_MINUTE: '1000000' })
  const keys: Key[] = []
  for (const timezone of ZONES) {
    const first = await gateway.team({ timezone })
    zones.set(first.team, timezone)
    const second = { team: first.team, ...await gateway.mint(first.team) }
    const rotated = await gateway.call('POST', `/admin/v1/keys/${first.keyId}/rotate`, { key: ADMIN_TOKEN, reveals: true })
    keys.push(first, second, { team: first.team, keyId: rotated.json.id, key: rotated.json.key })
    for (const { keyId } of [first, second]) lineages.set(keyId, keyId)
    lineages.set(rotated.json.id, first.keyId)
  }
  // The overlap of the rotated keys does not end before the last create.
  for (const { keyId } of keys) await gateway.admin('PATCH', `/admin/v1/keys/${keyId}`, { expires_at: null })
  const settle: Array<() => Promise<unknown>> = []
  for (let number = 0; number < TASKS; number += 20) {
    gateway.clock.advance(2.3 * 3_600_000)
    settle.push(...await Promise.all(Array.from({ length: 20 }, (_, more) => begin(number + more, keys))))
  }
  gateway.clock.advance(3_600_000)
  for (let number = 0; number < settle.length; number += 20) await Promise.all(settle.slice(number, number + 20).map(step => step()))
  tasks = await allTasks()
}, 240_000)
afterAll(() => gateway.stop())

/** Every number has its own fate, key and price, without any chance: a failure can be looked at again. */
function scattered (number: number, choices: number): number { return Math.floor(Math.abs(Math.sin(number * 12.9898) * 43758.5453)) % choices }

function fateOf (number: number): typeof FATES[number] { return FATES[scattered(number + 0.5, FATES.length)] ?? 'completed' }

/** @returns what brings the task to its end */
async function begin (number: number, keys: readonly Key[]): Promise<() => Promise<unknown>> {
  const { key } = keys[scattered(number, keys.length)] ?? { key: '' }
  const fate = fateOf(number)
  const markers = { completed: '', failed: '[[fail]]', deleted: '', unfinished: '', refused: '[[status=503]]', unknown: '[[reset]]', spent: '[[reset]]', refunded: '[[reset]]', accepted: '[[reset]]' }
  const reply = await gateway.create(key, { prompt: `${markers[fate]} cat ${number}`, size: number % 3 === 0 ? '1920*1080' : '832*480' })
  const resolve = (body: object) => async (): Promise<void> => {
    const resolved = await gateway.admin('POST', `/admin/v1/tasks/${reply.json.task_ref}/resolve`, { ...body, reason: 'a test' })
    expect(resolved.status, resolved.text).toBe(200)
  }
  const path = `${GENERATION}/${reply.json.task_info?.id}`
  switch (fate) {
    case 'completed':
    case 'failed': return () => gateway.call('GET', path, { key })
    case 'deleted': return () => gateway.call('DELETE', path, { key })
    case 'spent':
    case 'refunded': return resolve({ as: fate })
    case 'accepted': return resolve({ as: fate, task_id: `found-${number}` })
    default: return async () => {}
  }
}

async function allTasks (): Promise<Listed[]> {
  const rows: Listed[] = []
  let cursor = ''
  do {
    const { json } = await gateway.admin('GET', `/admin/v1/tasks?limit=100${cursor}`)
    rows.push(...json.data)
    cursor = json.next_cursor === null ? '' : `&cursor=${encodeURIComponent(json.next_cursor)}`
  } while (cursor !== '')
  return rows
}

function columnOf (task: Listed, column: Column): string {
  switch (column) {
    case 'key': return lineages.get(task.key_id) ?? ''
    case 'day': return new Intl.DateTimeFormat('en-CA', { timeZone: zones.get(task.team) ?? 'UTC' }).format(Date.parse(task.created_at))
    default: return task[column]
  }
}

/** The figures of some tasks, in cents because all prices are. */
function sumOf (some: readonly Listed[]): Figures {
  const counted = some.filter(({ status }) => status !== 'refused' && status !== 'unsent')
  const count = (status: string): number => counted.filter(task => task.status === status).length
  const usd = (money: string): string => (counted.filter(task => task.money === money).reduce((cents, { price_usd: price }) => cents + Math.round(Number(price) * 100), 0) / 100).toFixed(2)
  return {
    tasks: counted.length, completed: count('completed'), failed: count('failed'), unknown: count('unknown'), spent_usd: usd('spent'), held_usd: usd('held'), refunded_usd: usd('refunded')
  }
}

/** Lines without the empty ones, in no order. */
function expectedLines (groupBy: readonly Column[]): object[] {
  const groups = Map.groupBy(tasks, task => groupBy.map(column => columnOf(task, column)).join(' '))
  return [...groups].map(([name, group]) => ({ ...Object.fromEntries(groupBy.map((column, place) => [column, name.split(' ')[place]])), ...sumOf(group) })).filter(({ tasks }) => tasks > 0)
}

function sorted (lines: readonly object[]): string[] { return lines.map(line => JSON.stringify(line)).sort() }

test('every fate is among the tasks', () => {
  // What was refused counts nowhere, and is not kept for long.
  const counted = tasks.filter(({ status }) => status !== 'refused')
  const refused = Array.from({ length: TASKS }, (_, number) => fateOf(number)).filter(fate => fate === 'refused')
  expect(counted).toHaveLength(TASKS - refused.length)
  expect(new Set(counted.map(({ status }) => status))).toEqual(new Set(['completed', 'failed', 'deleted', 'unknown', 'pending']))
  const { completed, failed, unknown, spent_usd: spent, held_usd: held, refunded_usd: refunded } = sumOf(tasks)
  for (const figure of [completed, failed, unknown, Number(spent), Number(held), Number(refunded)]) expect(figure).toBeGreaterThan(10)
})

for (const groupBy of GROUPINGS) {
  test(`grouped by ${groupBy.join(', ')}, lines and totals are the sums over the tasks, as JSON and as CSV`, async () => {
    const { status, json, text } = await gateway.admin('GET', `/admin/v1/usage?group_by=${groupBy.join(',')}`)
    expect(status, text).toBe(200)
    const wanted = expectedLines(groupBy)
    expect(sorted(json.data)).toEqual(sorted(wanted))
    expect(json.totals).toEqual(sumOf(tasks))

    const csv = await gateway.admin('GET', `/admin/v1/usage?group_by=${groupBy.join(',')}&format=csv`)
    const [header, ...lines] = csv.text.trimEnd().split('\n')
    expect(header).toBe([...groupBy, 'tasks', 'completed', 'failed', 'unknown', 'spent_usd', 'held_usd', 'refunded_usd'].join(','))
    expect(lines).toEqual(json.data.map((line: object) => Object.values(line).join(',')))
  })
}

test('a rotated key is one line with the key that it was rotated from', async () => {
  const { json } = await gateway.admin('GET', '/admin/v1/usage?group_by=key')
  expect(json.data.map(({ key }: { key: string }) => key).sort()).toEqual([...new Set(lineages.values())].sort())
})

test('a range of days is those days of each team', async () => {
  const days = [...new Set(tasks.map(task => columnOf(task, 'day')))].sort()
  const [from = '', to = ''] = [days[1], days[2]]
  const within = tasks.filter(task => columnOf(task, 'day') >= from && columnOf(task, 'day') <= to)
  const { json } = await gateway.admin('GET', `/admin/v1/usage?from=${from}&to=${to}`)
  expect(json.totals).toEqual(sumOf(within))
  expect(within.length).toBeGreaterThan(100)
})

test('one team is reported by itself', async () => {
  const [team = ''] = zones.keys()
  const { json } = await gateway.admin('GET', `/admin/v1/usage?team=${team}`)
  expect(json.data).toEqual([{ team, ...sumOf(tasks.filter(task => task.team === team)) }])
})
