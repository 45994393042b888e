// Part of the ledger's contract: lists of tasks, page by page.
import { expect, test } from 'vitest'
import { InvalidCursor } from '../../src/kernel/page.ts'
import type { TaskQuery } from '../../src/ledger/ledger.ts'
import type { Task } from '../../src/ledger/task.ts'
import { KEY_MODES, type KeyMode } from '../../src/teams/api-key.ts'
import type { Caller } from '../../src/teams/directory.ts'
import { openBench } from './open-bench.ts'
import { everything, MODEL, TRACE, type Bench, type Open } from './open-ledger.ts'

/** So many tasks, a second apart; the newest first, as lists show them. */
async function admitSome (bench: Bench, caller: Caller, count: number): Promise<string[]> {
  const refs: string[] = []
  for (let number = 1; number <= count; number++) {
    refs.unshift((await bench.admit(caller)).ref)
    await bench.pass(1000)
  }
  return refs
}

function list (bench: Bench, query: Partial<TaskQuery>, limit: number): Promise<Task[]> {
  return everything(page => bench.ledger.list({ ...query, ...page }), limit)
}

export function listsContract (open: Open): void {
  test('a team without tasks has an empty list', async () => {
    const bench = await openBench(open)
    const { team } = await bench.caller()
    expect(await bench.ledger.list({ team: team.id, limit: 20, cursor: null })).toEqual({ rows: [], nextCursor: null })
  })

  test.each([1, 2, 3, 4, 5, 6, 100])('in pages of %d, each of five tasks is shown once, newest first', async limit => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const refs = await admitSome(bench, caller, 5)
    expect((await list(bench, { team: caller.team.id }, limit)).map(({ ref }) => ref)).toEqual(refs)
  })

  test.each([1, 100])('a task that the ledger learnt of weeks late is in the list of its own time, in pages of %d', async limit => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const order = bench.order(caller)
    const fromMs = bench.clock.nowMs()
    const ref = (await bench.admit(caller)).ref
    await bench.pass(20 * 86_400_000)
    await admitSome(bench, caller, 3)
    await bench.ledger.resolve(order, { kind: 'unknown' })
    expect((await list(bench, { team: caller.team.id, fromMs, toMs: fromMs + 1 }, limit)).map(task => task.ref)).toEqual([order.ref, ref])
    expect((await list(bench, { fromMs, toMs: fromMs + 1, state: 'unknown' }, limit)).map(task => task.ref)).toEqual([order.ref])
    expect(await list(bench, { team: caller.team.id, fromMs: fromMs + 1, toMs: fromMs + 2 }, limit)).toEqual([])
  })

  test('a page holds as many tasks as were asked for, and only the last one has no cursor', async () => {
    const bench = await openBench(open)
    const { team, key } = await bench.caller()
    await admitSome(bench, { team, key }, 5)
    const first = await bench.ledger.list({ team: team.id, limit: 3, cursor: null })
    expect(first.rows).toHaveLength(3)
    expect(first.nextCursor).not.toBe(null)
    const second = await bench.ledger.list({ team: team.id, limit: 3, cursor: first.nextCursor })
    expect(second.rows).toHaveLength(2)
    expect(second.nextCursor).toBe(null)
    expect((await bench.ledger.list({ team: team.id, limit: 5, cursor: null })).nextCursor).toBe(null)
  })

  test('tasks that begin between two pages shift nothing: none is shown twice, none of the older ones is missing', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const refs = await admitSome(bench, caller, 6)
    const first = await bench.ledger.list({ team: caller.team.id, limit: 3, cursor: null })
    await admitSome(bench, caller, 4)
    const second = await bench.ledger.list({ team: caller.team.id, limit: 3, cursor: first.nextCursor })
    expect([...first.rows, ...second.rows].map(({ ref }) => ref)).toEqual(refs)
  })

  test('tasks that were admitted in the same millisecond are all shown, the last one first', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const refs: string[] = []
    for (let number = 1; number <= 7; number++) refs.unshift((await bench.admit(caller)).ref)
    expect((await list(bench, { team: caller.team.id }, 2)).map(({ ref }) => ref)).toEqual(refs)
  })

  test('a team sees its own tasks only, of all its keys; without a team all are seen', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const stranger = await bench.caller()
    const colleague = await bench.colleague(caller)
    const mine = [await bench.admit(caller), await bench.admit(colleague)].map(({ ref }) => ref)
    const theirs = await bench.admit(stranger)
    expect((await list(bench, { team: caller.team.id }, 1)).map(({ ref }) => ref)).toEqual(mine.toReversed())
    expect((await list(bench, {}, 2)).map(({ ref }) => ref).sort()).toEqual([...mine, theirs.ref].sort())
  })

  test('a list can be narrowed by state and model, and its pages stay narrow', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { team: { id: team } } = caller
    const completed: string[] = []
    for (let number = 1; number <= 3; number++) {
      const { ref } = await bench.begin(caller)
      await bench.see(ref, 'completed')
      completed.unshift(ref)
      await bench.begin(caller, { model: 'other/model' })
    }
    const shown = async (query: Partial<TaskQuery>): Promise<string[]> => (await list(bench, { team, ...query }, 1)).map(({ ref }) => ref)
    expect(await shown({ state: 'completed' })).toEqual(completed)
    expect(await shown({ model: 'other/model' })).toHaveLength(3)
    expect(await shown({ model: 'other/model', state: 'pending' })).toHaveLength(3)
    expect(await shown({ model: 'other/model', state: 'completed' })).toEqual([])
    expect(await shown({ model: 'no/model' })).toEqual([])
    expect(await shown({ state: 'expired' })).toEqual([])
  })

  test('a list can be narrowed to what live keys began, or test keys, page by page', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const tester = await bench.colleague(caller, { mode: 'test' })
    const began: Record<KeyMode, string[]> = { live: [], test: [] }
    for (let number = 1; number <= 4; number++) {
      began.live.unshift((await bench.begin(caller)).ref)
      began.test.unshift((await bench.begin(tester, { trace: number % 2 === 0 ? null : TRACE })).ref)
    }
    for (const mode of KEY_MODES) {
      const shown = async (query: Partial<TaskQuery>): Promise<string[]> => (await list(bench, { team: caller.team.id, mode, ...query }, 1)).map(({ ref }) => ref)
      expect(await shown({})).toEqual(began[mode])
      expect(await shown({ state: 'pending', model: MODEL })).toEqual(began[mode])
      expect(await shown({ state: 'unknown' })).toEqual([])
    }
  })

  test.each(['', 'x', '-1', '1.5', '1e3', ' 1', '9'.repeat(40), '\'; DROP TABLE tasks; --'])('the cursor %j, which no list gave out, is refused', async cursor => {
    const bench = await openBench(open)
    const { team } = await bench.caller()
    await expect(bench.ledger.list({ team: team.id, limit: 20, cursor })).rejects.toThrow(InvalidCursor)
  })

  test('a filter is a value and never a part of the query', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    await bench.admit(caller)
    expect(await list(bench, { model: '\' OR \'1\'=\'1' }, 10)).toEqual([])
  })
}
