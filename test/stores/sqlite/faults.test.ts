// What happens to the embedded ledger when its disk or its process fails: nothing half-written, nothing acknowledged lost.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LedgerUnavailable } from '../../../src/ledger/ledger.ts'
import type { Caller } from '../../../src/teams/directory.ts'
import { benchOf, PRICE_MICROS, REFUND_FAILED, type Bench } from '../../contract/open-ledger.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { present } from '../../support/present.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { aKey, aTeam } from '../../support/teams.ts'
import { openSqliteBench } from './open-sqlite-bench.ts'
import { sqliteLedgerAt } from './open-sqlite-ledger.ts'
import { nextLine, startChild } from './processes.ts'

const UNLIMITED = { quotas: [{ per: 'total' as const, unit: 'usd' as const, limit: 999_000_000_000_000 }] }

/** Demands that both accounts of the caller show the sum over the tasks that are there. */
async function expectSums (bench: Bench, caller: Caller): Promise<void> {
  const tasks = await bench.tasks(caller.team.id)
  const held = PRICE_MICROS * tasks.filter(({ money }) => money === 'held').length
  const spent = PRICE_MICROS * tasks.filter(({ money }) => money === 'spent').length
  const unfinished = tasks.filter(({ state }) => ['submitting', 'pending', 'processing'].includes(state)).length
  const { standings, inFlight } = await bench.ledger.standing(caller)
  expect(standings.map(({ scope, used, held }) => ({ scope, used, held }))).toEqual(['team', 'key'].map(scope => ({ scope, used: held + spent, held })))
  expect(inFlight.map(({ used }) => used)).toEqual([unfinished, unfinished])
}

test('a full disk makes the ledger unavailable, leaves nothing half-written, and is forgotten when there is room again', async () => {
  const { bench, database } = await openSqliteBench()
  const caller = await bench.caller({ team: { limits: UNLIMITED }, key: { limits: UNLIMITED } })
  const { ref } = await bench.begin(caller)
  database.exec(`PRAGMA max_page_count = ${Number(database.prepare('PRAGMA page_count').get()?.['page_count'])}`)

  const refused: unknown[] = []
  for (let attempt = 1; attempt <= 200; attempt++) await bench.ledger.admit(bench.order(caller)).catch((error: unknown) => refused.push(error))
  expect(refused.length).toBeGreaterThan(0)
  for (const error of refused) expect(error).toBeInstanceOf(LedgerUnavailable)
  expect((await bench.tasks(caller.team.id)).length).toBe(1 + 200 - refused.length)
  await expectSums(bench, caller)
  await expect(bench.directory.createTeam(aTeam({ name: 'x'.repeat(20_000) }))).rejects.toThrow(LedgerUnavailable)
  await expect(bench.ledger.ping()).resolves.toBe(undefined)

  database.exec('PRAGMA max_page_count = 1000000')
  await bench.see(ref, 'completed')
  await bench.admit(caller)
  await expectSums(bench, caller)
  await bench.reopen()
  await expectSums(bench, caller)
})

test('while the file cannot be written, every step that writes says that the ledger is away and changes nothing, and every read works', async () => {
  const { bench, database } = await openSqliteBench()
  const { order, ref, taskId } = await bench.begin(await bench.caller({ team: { limits: UNLIMITED }, key: { limits: UNLIMITED } }))
  const { caller, caller: { team, key } } = order
  const { ledger, directory } = bench
  const page = { limit: 20, cursor: null }
  const writes: Array<() => Promise<unknown>> = [
    () => ledger.admit(bench.order(caller)),
    () => ledger.resolve(order, { kind: 'refused' }),
    () => bench.see(ref, 'completed'),
    () => bench.lose(order),
    () => ledger.claimDue(10, 1000),
    async () => ledger.giveBack(present(await ledger.read(ref))),
    () => ledger.ping(),
    () => directory.createTeam(aTeam()),
    () => directory.replaceTeam({ ...team, version: 2 }),
    () => directory.createKey(aKey(team)),
    () => directory.replaceKey({ ...key, version: 2 }),
    () => directory.rotateKey({ replaced: { ...key, version: 2 }, fresh: aKey(team, { lineage: key.lineage }) }),
    () => ledger.correct(team.id, [{ id: { kind: 'in_flight', scope: 'team', owner: team.id }, was: undefined, add: { tasks: 1 }, keptMs: null }])
  ]
  const reads: Array<() => Promise<unknown>> = [
    () => ledger.preview(bench.order(caller)),
    () => ledger.read(ref),
    () => ledger.find(caller, taskId),
    () => ledger.list(page),
    () => ledger.reserve(taskId, ref),
    () => ledger.standing(caller),
    () => Array.fromAsync(ledger.usage({ mode: 'live', fromDay: '2026-01-01', toDay: '2026-12-31' })),
    () => directory.readTeam(team.id),
    () => directory.listTeams(page),
    () => directory.readKey(key.id),
    () => directory.listKeys(team.id, page),
    () => directory.findCaller(key.hash),
    () => directory.recentCaller(key.hash),
    () => ledger.confirm().then(() => 'confirmed'),
    () => ledger.follow(ref),
    () => ledger.completeSince(),
    () => ledger.pulse(),
    () => ledger.inspect({ team: team.id, sums: [], tasks: [ref], after: null }),
    async () => ledger.watch(ref, () => {})
  ]
  expect(writes.length + reads.length).toBe(Object.keys(ledger).length + Object.keys(directory).length)

  database.exec('PRAGMA query_only = TRUE')
  for (const step of writes) await expect(step(), String(step)).rejects.toThrow(LedgerUnavailable)
  for (const step of reads) expect(await step(), String(step)).toBeDefined()
  database.exec('PRAGMA query_only = FALSE')

  expect(await directory.findCaller(key.hash)).toEqual(caller)
  expect(await ledger.find(caller, taskId)).toMatchObject({ task: { state: 'pending' } })
  await expectSums(bench, caller)
})

test.each([
  ['one after the other', 'admit', 1],
  ['side by side', 'admit-many', 20]
] as const)('a process that is killed in the middle of many admits, %s, loses nothing that it acknowledged', async (_how, what, sideBySide) => {
  const path = join(tempFolder(), 'ledger.db')
  const child = startChild(what, path)
  const [, hash = ''] = (await nextLine(child)).split(' ')
  const acknowledged = new Map<string, string>()
  for (let line = 1; line <= 500; line++) {
    const [state = '', ref = ''] = (await nextLine(child)).split(' ')
    acknowledged.set(ref, state)
  }
  await child.kill()
  // What it still said before it died is acknowledged too.
  for (let last = await child.lines.next(); last.done !== true; last = await child.lines.next()) {
    const [state = '', ref = ''] = last.value.split(' ')
    acknowledged.set(ref, state)
  }

  const bench = benchOf(sqliteLedgerAt({ path, clock: manualClock(), rules: REFUND_FAILED }))
  onTestFinished(() => bench.close())
  const caller = present(await bench.directory.findCaller(hash))
  const tasks = await bench.tasks(caller.team.id)
  const states = new Map<string, string>(tasks.map(({ ref, state }) => [ref, state === 'submitting' ? 'admitted' : state]))
  const lost = [...acknowledged].filter(([ref, state]) => states.get(ref) === undefined || (state !== 'admitted' && states.get(ref) !== state))
  expect(acknowledged.size).toBeGreaterThan(250)
  expect(lost).toEqual([])
  // At most the steps that were under way, which are committed together, are there without having been acknowledged.
  expect(tasks.length - acknowledged.size).toBeLessThanOrEqual(sideBySide)
  await expectSums(bench, caller)
  await bench.admit(caller)
  await expectSums(bench, caller)
})
