// Callers that are remembered between requests: as they are stored, at any moment.
import { expect, test } from 'vitest'
import { present } from '../../support/present.ts'
import { aKey } from '../../support/teams.ts'
import { openSqliteBench } from './open-sqlite-bench.ts'

test('a caller that is remembered is read once, and anew after every change of its team or key', async () => {
  const { bench, database } = await openSqliteBench()
  const { directory } = bench
  const caller = await bench.caller()
  const { team, key } = caller
  const remembered = await directory.recentCaller(key.hash)
  expect(remembered).toEqual(caller)
  expect(await directory.recentCaller(key.hash)).toBe(remembered)

  const replacements: Array<() => Promise<boolean>> = [
    () => directory.replaceTeam({ ...team, disabled: true, version: team.version + 1 }),
    () => directory.replaceKey({ ...key, label: 'another', version: key.version + 1 }),
    () => directory.rotateKey({ replaced: { ...key, revokedAtMs: 1, version: key.version + 2 }, fresh: aKey(team, { lineage: key.lineage }) })
  ]
  for (const replace of replacements) {
    const before = await directory.recentCaller(key.hash)
    // Whoever asks in the same turn, before or after, makes nobody remember what was before.
    const [, changed] = await Promise.all([directory.recentCaller(key.hash), replace(), directory.recentCaller(key.hash)])
    expect(changed).toBe(true)
    const after = await directory.recentCaller(key.hash)
    expect(after).not.toEqual(before)
    expect(after).toEqual(await directory.findCaller(key.hash))
  }

  database.exec('PRAGMA query_only = TRUE')
  await expect(directory.replaceTeam({ ...team, version: team.version + 2 })).rejects.toThrow()
  database.exec('PRAGMA query_only = FALSE')
  expect(await directory.recentCaller(key.hash)).toEqual(await directory.findCaller(key.hash))
})

test('a caller that is remembered is stale for the ledger from the very change of its team or key, and nobody else is', async () => {
  const { bench } = await openSqliteBench()
  const { directory, ledger } = bench
  const remember = async () => present(await directory.recentCaller((await bench.caller()).key.hash))
  const [changed, other] = [await remember(), await remember()]
  const begun = await Promise.all([changed, other].map(caller => bench.begin(caller)))
  const kinds = () => Promise.all(begun.map(async ({ order: { caller }, taskId }) => (await ledger.find(caller, taskId)).kind))

  expect(await kinds()).toEqual(['found', 'found'])
  await directory.replaceKey({ ...changed.key, label: 'another', version: changed.key.version + 1 })
  expect(await kinds()).toEqual(['stale', 'found'])
  expect((await ledger.admit(bench.order(changed))).kind).toBe('stale')

  const again = present(await directory.recentCaller(changed.key.hash))
  expect((await ledger.find(again, present(begun[0]).taskId)).kind).toBe('found')
  await directory.replaceTeam({ ...changed.team, disabled: true, version: changed.team.version + 1 })
  expect((await ledger.find(again, present(begun[0]).taskId)).kind).toBe('stale')
})

test('a key that was unknown is known as soon as it is made', async () => {
  const { bench } = await openSqliteBench()
  const { team } = await bench.caller()
  const key = aKey(team)
  expect(await bench.directory.recentCaller(key.hash)).toBe(undefined)
  await bench.directory.createKey(key)
  expect(await bench.directory.recentCaller(key.hash)).toEqual({ team, key })
})
