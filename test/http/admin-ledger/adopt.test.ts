// POST /admin/v1/ledger/adopt: a task that the log names and the ledger lost is known again, owned, and followed to its end.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TeamId } from '../../../src/kernel/ids.ts'
import { shardOf } from '../../../src/kernel/shard.ts'
import { accountOf, COUNTED, SPENT, UNDER_WAY, UNTOUCHED } from '../../support/account.ts'
import { PENDING_MS, PROCESSING_MS, startGateway, type Gateway, type Reply } from '../../support/gateway.ts'
import { expectProblem } from '../../support/problem.ts'

const ADOPT = '/admin/v1/ledger/adopt'
const SUBMITTED = '2026-11-22T12:00:00.000Z'

let gateway: Gateway
let other: Gateway
beforeAll(async () => { [gateway, other] = await Promise.all([startGateway(), startGateway()]) })
afterAll(() => Promise.all([gateway.stop(), other.stop()]))

type Line = { task_ref: string, task_id: string, team: string, key_id: string, model: string, price_usd: string, submitted_at: string, credential?: string }

const adopt = (body: object): Promise<Reply> => gateway.admin('POST', ADOPT, body)

/** A team of this gateway, and the line of the log about a task that the ledger does not have: it was written by a gateway on another ledger, with the same upstream. */
async function aLostTask (): Promise<{ key: string, line: Line }> {
  gateway.clock.set(SUBMITTED)
  other.clock.set(SUBMITTED)
  const { team, keyId, key } = await gateway.team({ limits: COUNTED })
  await other.admin('POST', '/admin/v1/teams', { id: team })
  const elsewhere = await other.mint(team)
  await other.create(elsewhere.key)
  const logged = other.log().findLast(({ msg }) => msg === 'task submitted')
  const { task_ref: ref, task_id: taskId, model, price_usd: price, credential } = logged as unknown as Line
  return { key, line: { task_ref: ref, task_id: taskId, team, key_id: keyId, model, price_usd: price, submitted_at: SUBMITTED, ...credential === undefined ? {} : { credential } } }
}

test('a task that the ledger lost altogether is written anew, held, and followed to its end', async () => {
  const { key, line } = await aLostTask()
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
  const { status, json, text } = await adopt(line)
  expect(status, text).toBe(200)
  expect(json).toMatchObject({ result: 'restored', task: { task_ref: line.task_ref, task_id: line.task_id, team: line.team, key_id: line.key_id, status: 'pending', money: 'held', created_at: SUBMITTED } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  // Both gateways' simulators keep tasks in their ids.
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  expect((await gateway.read(key, line.task_id)).json.task_info.status).toBe('completed')
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('adopting twice is adopting once', async () => {
  const { key, line } = await aLostTask()
  expect((await adopt(line)).json.result).toBe('restored')
  expect((await adopt(line)).json.result).toBe('known')
  expect((await Promise.all(Array.from({ length: 10 }, () => adopt(line)))).map(({ json }) => json.result)).toEqual(Array.from({ length: 10 }, () => 'known'))
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('of adoptions that race the money counts once', async () => {
  const { key, line } = await aLostTask()
  const replies = await Promise.all(Array.from({ length: 10 }, () => adopt(line)))
  for (const { status, json } of replies) expect([200, 409], JSON.stringify(json)).toContain(status)
  expect(replies.some(({ json }) => json.result === 'restored')).toBe(true)
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test.each([
  [{ status: 'deleted', money: 'refunded' }, 'deleted', UNTOUCHED],
  [{ status: 'deleted', money: 'spent' }, 'deleted', SPENT],
  [{ status: 'failed', money: 'refunded' }, 'failed', UNTOUCHED]
] as const)('a task that the log says was %j ends so, though MuleRouter may not know it any more', async (ended, status, account) => {
  const { key, line } = await aLostTask()
  expect((await adopt({ ...line, ended })).json).toMatchObject({ result: 'restored', task: { status } })
  expect(await accountOf(gateway, key)).toEqual(account)
  expect((await adopt({ ...line, ended })).json).toMatchObject({ result: 'known', task: { status } })
  expect(await accountOf(gateway, key)).toEqual(account)
})

test('what has ended does not end again', async () => {
  const { key, line } = await aLostTask()
  await adopt(line)
  gateway.clock.advance(PENDING_MS + PROCESSING_MS)
  await gateway.read(key, line.task_id)
  expect((await adopt({ ...line, ended: { status: 'failed', money: 'refunded' } })).json).toMatchObject({ result: 'known', task: { status: 'completed', money: 'spent' } })
  expect(await accountOf(gateway, key)).toEqual(SPENT)
})

test('a task counts in the windows of the day on which it was submitted', async () => {
  const { key, line } = await aLostTask()
  gateway.clock.set('2026-11-24T12:00:00Z')
  await adopt(line)
  const { json } = await gateway.usage(key)
  expect(json.quotas).toMatchObject([{ per: 'day', used: 0 }, { per: 'total', used: '0.50' }])
  const report = await gateway.admin('GET', `/admin/v1/usage?team=${line.team}&group_by=day`)
  expect(report.json.data).toMatchObject([{ day: '2026-11-22', tasks: 1, held_usd: '0.50' }])
})

test('a task whose answer never reached the ledger gets its id', async () => {
  gateway.clock.set(SUBMITTED)
  const { team, keyId, key } = await gateway.team({ limits: COUNTED })
  const unknown = await gateway.create(key, { prompt: '[[reset]]' })
  const taskId = gateway.simulator.received.tasks.at(-1) ?? ''
  const line = { task_ref: unknown.json.task_ref, task_id: taskId, team, key_id: keyId, model: 'alibaba/wan2.2-t2v-plus', price_usd: '0.50', submitted_at: SUBMITTED }
  expect((await adopt(line)).json).toMatchObject({ result: 'attached', task: { task_id: taskId, status: 'pending' } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
  expect((await gateway.admin('GET', '/admin/v1/audit?limit=1')).json.data).toMatchObject([{ action: 'task.adopted', team, task_ref: line.task_ref, changes: { task_id: { after: taskId } } }])
})

test('another id for a task that has one is refused, and so is the id of another task', async () => {
  const { key, line } = await aLostTask()
  await adopt(line)
  expectProblem(await adopt({ ...line, task_id: 'another-id' }), 'already_decided', { instance: ADOPT, detail: /has the id/ })
  const { line: second } = await aLostTask()
  expectProblem(await adopt({ ...second, task_id: line.task_id }), 'already_decided', { instance: ADOPT, detail: /already\.$/ })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('a line that names another team of the same shard is refused: nobody is given what a team paid for', async () => {
  const { key, line } = await aLostTask()
  await adopt(line)
  const neighbour = Array.from({ length: 10_000 }, (_, number) => `neighbour-${number}`).find(name => shardOf(name as TeamId) === shardOf(line.team as TeamId)) ?? ''
  await gateway.admin('POST', '/admin/v1/teams', { id: neighbour })
  const { keyId } = await gateway.mint(neighbour)
  expectProblem(await adopt({ ...line, team: neighbour, key_id: keyId }), 'invalid_body', { instance: ADOPT, detail: /task_ref is none of team neighbour/, more: { errors: [{ pointer: '/task_ref', detail: expect.any(String) }] } })
  expect(await accountOf(gateway, key)).toEqual(UNDER_WAY)
})

test('what is older than tasks are kept is refused: it may have settled and gone', async () => {
  const { line } = await aLostTask()
  gateway.clock.set('2026-12-22T12:00:00.001Z')
  expectProblem(await adopt(line), 'no_longer_kept', { instance: ADOPT, detail: /longer ago than tasks are kept/ })
})

test('a team or key that is not there is not_found, also a key of another team', async () => {
  const { line } = await aLostTask()
  const stranger = await gateway.team()
  expectProblem(await adopt({ ...line, key_id: 'key_nobody' }), 'not_found', { instance: ADOPT, detail: /has no key key_nobody/ })
  expectProblem(await adopt({ ...line, key_id: stranger.keyId }), 'not_found', { instance: ADOPT, detail: /has no key/ })
})

test.each([
  ['task_ref', 'tsk_', /task_ref is no task reference/],
  ['task_ref', 'tsk_99aaaaaaaaaaaaaaaaaaaaaaaa', /task_ref is none of team/],
  ['task_id', 'a b', /task_id is no task id/],
  ['team', 'No Team', /team is no team id/],
  ['model', 'alibaba/wan2.2-t2v', /model is unknown \(did you mean/],
  ['price_usd', 0.5, /price_usd must be a string/],
  ['price_usd', '-1', /price_usd must be US dollars/],
  ['submitted_at', 'yesterday', /submitted_at must be a time/],
  ['submitted_at', '2026-11-23T12:00:00Z', /submitted_at must not be in the future/],
  ['credential', 'xyz', /credential is no fingerprint/],
  ['prompt', 'a cat', /prompt is unknown/],
  ['ended', 'deleted', /ended must be a JSON object/]
])('a line with %s %j is refused with its pointer', async (field, value, detail) => {
  const { key, line } = await aLostTask()
  expectProblem(await adopt({ ...line, [field]: value }), 'invalid_body', { instance: ADOPT, detail, more: { errors: [{ pointer: `/${field}`, detail: expect.any(String) }] } })
  expect(await accountOf(gateway, key)).toEqual(UNTOUCHED)
})
