// Steps that are asked for in one turn share a transaction: each stands or falls by itself, and none is acknowledged before all are committed.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { newTaskRef } from '../../../src/kernel/ids.ts'
import { openSqliteStore } from '../../../src/stores/sqlite/open.ts'
import { benchOf, IDEMPOTENCY_TTL_MS, LOOK_LEASE_MS, REFUND_FAILED, STATUS_MAX_AGE_MS, TASK_RETENTION_MS, USAGE_RETENTION_MS } from '../../contract/open-ledger.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { present } from '../../support/present.ts'
import { accepted } from '../../support/tasks.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { openSqliteBench } from './open-sqlite-bench.ts'
import { sqliteLedgerAt } from './open-sqlite-ledger.ts'
import { nextLine, startChild } from './processes.ts'

const STEPS = 50

test('a step that fails is undone by itself: what was asked for beside it is done, and done once', async () => {
  const { bench } = await openSqliteBench()
  const caller = await bench.caller({ team: { limits: { tasksInFlight: 100, quotas: [] } } })
  const { order: begun, ref } = await bench.begin(caller)
  const nobody = { ...present(await bench.ledger.read(ref)), ref: newTaskRef(caller.team.id) }
  const orders = [bench.order(caller), bench.order(caller)]

  const [first, failed, seen, second] = await Promise.allSettled([
    bench.ledger.admit(present(orders[0])),
    bench.ledger.observe(nobody, { kind: 'deleted', begun: true }),
    bench.ledger.resolve(begun, { kind: 'refused' }),
    bench.ledger.admit(present(orders[1]))
  ])

  expect([first, failed, seen, second].map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  expect((await bench.tasks(caller.team.id)).map(task => task.ref).sort()).toEqual([ref, ...orders.map(order => order.ref)].sort())
  expect((await bench.ledger.standing(caller)).inFlight).toEqual([{ scope: 'team', limit: 100, used: 3 }, { scope: 'key', limit: undefined, used: 3 }])
})

test('the steps of one turn are taken in the order in which they were asked for', async () => {
  const { bench } = await openSqliteBench()
  const caller = await bench.caller({ team: { limits: { tasksInFlight: 1, quotas: [] } } })
  const [first, second] = [bench.order(caller), bench.order(caller)]
  const [admitted, crowded, , late] = await Promise.all([
    bench.ledger.admit(first),
    bench.ledger.admit(second),
    bench.ledger.resolve(first, { kind: 'unsent' }),
    bench.ledger.admit(first)
  ])
  expect([admitted.kind, crowded.kind, late.kind]).toEqual(['admitted', 'too-many-in-flight', 'late'])
})

test('nobody reads a step that is not committed, and whoever waits for it reads it', async () => {
  const { bench } = await openSqliteBench()
  const order = bench.order(await bench.caller())
  const admission = bench.ledger.admit(order)
  expect(await bench.ledger.read(order.ref)).toBe(undefined)
  await admission
  expect(await bench.ledger.read(order.ref)).toMatchObject({ state: 'submitting' })
})

test('a watcher is told when the step is there to be read', async () => {
  const { bench } = await openSqliteBench()
  const order = await bench.admit(await bench.caller())
  const told = new Promise<unknown>(resolve => { bench.ledger.watch(order.ref, () => resolve(bench.ledger.read(order.ref))) })
  await bench.ledger.resolve(order, accepted('pending'))
  expect(await told).toMatchObject({ state: 'pending' })
})

test('of many readers of one turn, one may look', async () => {
  const { bench } = await openSqliteBench()
  const { order: { caller }, taskId } = await bench.begin(await bench.caller())
  await bench.pass(STATUS_MAX_AGE_MS)
  const found = await Promise.all(Array.from({ length: STEPS }, () => bench.ledger.find(caller, taskId)))
  expect(found.filter(answer => answer.kind === 'found' && answer.mayLook)).toHaveLength(1)
})

test('readers of one turn are answered together, whoever asked first', async () => {
  const { bench } = await openSqliteBench()
  const { order: { caller }, taskId } = await bench.begin(await bench.caller())
  const heard: string[] = []
  const ask = async (who: string): Promise<void> => {
    heard.push(`${who} asks`)
    await bench.ledger.find(caller, taskId)
    heard.push(`${who} knows`)
  }
  const first = ask('first')
  // More than the whole way of an answer that waits for nothing.
  for (let tick = 0; tick < 100; tick++) await Promise.resolve()
  await Promise.all([first, ask('second')])
  expect(heard).toEqual(['first asks', 'second asks', 'first knows', 'second knows'])
})

test('what many steps of one turn change is written once', async () => {
  const path = join(tempFolder(), 'ledger.db')
  const bench = benchOf(sqliteLedgerAt({ path, clock: manualClock(), rules: REFUND_FAILED }))
  onTestFinished(() => bench.close())
  const caller = await bench.caller()
  const written = (): number => statSync(`${path}-wal`).size
  const before = written()
  for (let step = 0; step < STEPS; step++) await bench.admit(caller)
  const between = written()
  await Promise.all(Array.from({ length: STEPS }, () => bench.admit(caller)))
  expect(written() - between).toBeLessThan((between - before) / 4)
})

test('whoever asked for a step before the store is closed has it', async () => {
  const path = join(tempFolder(), 'ledger.db')
  const clock = manualClock()
  const times = { idempotencyTtlMs: IDEMPOTENCY_TTL_MS, statusMaxAgeMs: STATUS_MAX_AGE_MS, lookLeaseMs: LOOK_LEASE_MS, taskRetentionMs: TASK_RETENTION_MS, usageRetentionMs: USAGE_RETENTION_MS }
  const open = () => openSqliteStore({ path, sync: 'normal', clock, rules: REFUND_FAILED, ...times })
  const store = open()
  const unused = async (): Promise<never> => { throw new Error('this store is not reopened') }
  const bench = benchOf({ ...store, clock, pass: unused, age: unused, reopen: unused })
  const order = bench.order(await bench.caller())
  const admission = store.ledger.admit(order)
  await store.close()
  expect((await admission).kind).toBe('admitted')

  const again = open()
  expect(await again.ledger.read(order.ref)).toMatchObject({ state: 'submitting' })
  await again.close()
})

test('when the disk takes no more, every step of the group says that the ledger is away, and only what was acknowledged is there', async () => {
  const path = join(tempFolder(), 'ledger.db')
  const child = startChild('fill', path)
  const [, hash = ''] = (await nextLine(child)).split(' ')
  const groups: { done: string[], away: string[] }[] = []
  for (let line = await child.lines.next(); line.done !== true; line = await child.lines.next()) groups.push(JSON.parse(line.value))

  expect(groups.length).toBeGreaterThan(2)
  const [last, ...earlier] = groups.toReversed()
  expect(last).toMatchObject({ done: [], away: { length: STEPS } })
  for (const group of earlier) expect(group).toMatchObject({ done: { length: STEPS }, away: [] })

  const bench = benchOf(sqliteLedgerAt({ path, clock: manualClock(), rules: REFUND_FAILED }))
  onTestFinished(() => bench.close())
  const { team } = present(await bench.directory.findCaller(hash))
  expect((await bench.tasks(team.id)).map(({ ref }) => ref).sort()).toEqual(groups.flatMap(({ done }) => done).sort())
})
