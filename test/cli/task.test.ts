// `mulegate task …` against a real gateway: what became of tasks, and the decision about unknown outcomes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cli, wellDone } from '../support/cli.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'

let gateway: Gateway
let team: string
let key: string
let taskId: string
const run = (...args: string[]): ReturnType<typeof cli> => cli(gateway, args)
const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')

beforeAll(async () => {
  gateway = await startGateway();
  ({ team, key } = await gateway.team())
  taskId = (await gateway.create(key)).json.task_info.id
})
afterAll(() => gateway.stop())

/** A create whose answer was lost: its reference, and the id that MuleRouter gave it. */
async function unknown (): Promise<{ ref: string, id: string }> {
  const { json } = await gateway.create(key, { prompt: '[[reset]]' })
  return { ref: json.task_ref, id: gateway.simulator.received.tasks.at(-1) ?? '' }
}

test('tasks are listed by what is asked for', async () => {
  const { ref } = await unknown()
  const [titles = '', ...rows] = lines(await wellDone(gateway, ['task', 'list', '--team', team, '--status', 'unknown']))
  expect(titles).toMatch(/^TASK +CREATED +TEAM +STATUS +MONEY +USD +MODE +TASK ID$/)
  expect(rows).toEqual([`${ref}  2026-11-22T12:00:00.000Z  ${team}  unknown  held   0.50  live  -`])
  expect(lines(await wellDone(gateway, ['task', 'list', '--task-id', taskId])).at(-1)).toMatch(new RegExp(`pending +held +0\\.50 +live +${taskId}$`))
  expect(JSON.parse(await wellDone(gateway, ['task', 'list', '--to', '2026-11-22T12:00:00Z', '--json']))).toEqual({ data: [], next_cursor: null })
})

test('one task is shown', async () => {
  const [{ task_ref: ref }] = (await gateway.admin('GET', `/admin/v1/tasks?task_id=${taskId}`)).json.data
  expect(lines(await wellDone(gateway, ['task', 'show', ref]))).toEqual(expect.arrayContaining([`task     ${ref}`, `task id  ${taskId}`, `team     ${team}`, 'status   pending', 'money    held', 'usd      0.50']))
})

test.each(['spent', 'refunded'])('an unknown outcome is decided as %s', async as => {
  const { ref } = await unknown()
  const shown = lines(await wellDone(gateway, ['task', 'resolve', ref, '--as', as, '--reason', 'the invoice']))
  expect(shown).toEqual(expect.arrayContaining([`task     ${ref}`, 'status   unknown', `money    ${as}`]))
})

test('an unknown outcome is accepted with its id, once', async () => {
  const { ref, id } = await unknown()
  const accept = ['task', 'resolve', ref, '--as', 'accepted', '--task-id', id, '--reason', 'found in the console']
  expect(JSON.parse(await wellDone(gateway, [...accept, '--json']))).toMatchObject({ task_ref: ref, task_id: id, status: 'pending', money: 'held' })
  expect(await run(...accept)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^mulegate: /) })
})

test.each([
  [['task', 'resolve', 'tsk_x', '--as', 'spent'], /required option '--reason <text>' not specified/],
  [['task', 'resolve', 'tsk_x', '--reason', 'x'], /required option '--as <decision>' not specified/],
  [['task', 'resolve', 'tsk_x', '--as', 'lost', '--reason', 'x'], /Allowed choices are spent, refunded, accepted/],
  [['task', 'resolve', 'tsk_x', '--as', 'accepted', '--reason', 'x'], /--as accepted and --task-id go together/],
  [['task', 'resolve', 'tsk_x', '--as', 'spent', '--task-id', 'y', '--reason', 'x'], /--as accepted and --task-id go together/]
])('%j is wrong usage', async (args, complaint) => {
  expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(complaint) })
})
