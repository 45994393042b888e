// Part of the contract: teams and keys are kept as they were given, and changed only from their latest version.
import { expect, test } from 'vitest'
import type { KeyId, TeamId } from '../../src/kernel/ids.ts'
import { InvalidCursor } from '../../src/kernel/page.ts'
import type { ApiKey } from '../../src/teams/api-key.ts'
import type { Team } from '../../src/teams/team.ts'
import { aKey, aTeam } from '../support/teams.ts'
import { openBench } from './open-bench.ts'
import { everything, type Open } from './open-ledger.ts'

const LIMITS: Team['limits'] = {
  requestsPerMinute: 120,
  tasksInFlight: 0,
  quotas: [{ per: 'day', unit: 'tasks', limit: 20 }, { per: 'month', unit: 'usd', limit: 150_000_001 }, { per: 'total', unit: 'usd', limit: 999_999_999_999_999 }]
}
const POLICY: Team['policy'] = { models: ['alibaba/wan2.2-t2v-plus'], fields: { size: ['832*480'], seed: [0, 7], safety_filter: [true, false] } }
const WHOLE_TEAM: Partial<Team> = { name: 'Werbung „Süd“ 🎬', timeZone: 'Europe/Berlin', limits: LIMITS, policy: POLICY, disabled: true, version: 3, createdAtMs: 1, updatedAtMs: 2 }
const WHOLE_KEY: Partial<ApiKey> = {
  label: 'ci\n"quoted"', mode: 'test', webhooks: true, limits: LIMITS, policy: POLICY, expiresAtMs: 4, revokedAtMs: 5, version: 3, createdAtMs: 1, updatedAtMs: 2, lineage: 'key_first' as KeyId, replacedBy: 'key_next' as KeyId
}

export function directoryContract (open: Open): void {
  test('a team is read as it was created, with or without anything special', async () => {
    const { directory } = await openBench(open)
    for (const team of [aTeam(), aTeam(WHOLE_TEAM)]) {
      expect(await directory.createTeam(team)).toBe(true)
      expect(await directory.readTeam(team.id)).toEqual(team)
    }
  })

  test('a key is read as it was created, by its id and by its hash', async () => {
    const { directory } = await openBench(open)
    const team = aTeam(WHOLE_TEAM)
    await directory.createTeam(team)
    for (const key of [aKey(team), aKey(team, WHOLE_KEY)]) {
      await directory.createKey(key)
      expect(await directory.readKey(key.id)).toEqual(key)
      expect(await directory.findCaller(key.hash)).toEqual({ team, key })
    }
  })

  test('a rotation stores both keys, or neither if the first was changed meanwhile', async () => {
    const { directory } = await openBench(open)
    const team = aTeam()
    await directory.createTeam(team)
    const key = aKey(team)
    await directory.createKey(key)
    const fresh = aKey(team, { lineage: key.lineage })
    const replaced = { ...key, replacedBy: fresh.id, expiresAtMs: 7, version: 2 }
    expect(await directory.rotateKey({ replaced, fresh })).toBe(true)
    expect(await directory.readKey(key.id)).toEqual(replaced)
    expect(await directory.findCaller(fresh.hash)).toEqual({ team, key: fresh })
    expect((await directory.listKeys(team.id, { limit: 20, cursor: null })).rows).toEqual([fresh, replaced])

    const late = aKey(team, { lineage: key.lineage })
    expect(await directory.rotateKey({ replaced: { ...replaced, replacedBy: late.id }, fresh: late })).toBe(false)
    expect(await directory.readKey(key.id)).toEqual(replaced)
    expect(await directory.readKey(late.id)).toBe(undefined)
    expect(await directory.findCaller(late.hash)).toBe(undefined)
    expect((await directory.listKeys(team.id, { limit: 20, cursor: null })).rows).toEqual([fresh, replaced])
  })

  test('of rotations that race one is made', async () => {
    const { directory } = await openBench(open)
    const team = aTeam()
    await directory.createTeam(team)
    const key = aKey(team)
    await directory.createKey(key)
    const rotations = Array.from({ length: 10 }, () => aKey(team, { lineage: key.lineage })).map(fresh => ({ fresh, replaced: { ...key, replacedBy: fresh.id, version: 2 } }))
    const made = await Promise.all(rotations.map(rotation => directory.rotateKey(rotation)))
    expect(made.filter(Boolean)).toHaveLength(1)
    expect((await directory.listKeys(team.id, { limit: 20, cursor: null })).rows).toHaveLength(2)
  })

  test('what does not exist is not found', async () => {
    const { directory } = await openBench(open)
    expect(await directory.readTeam('nobody' as TeamId)).toBe(undefined)
    expect(await directory.readKey('key_nobody' as KeyId)).toBe(undefined)
    expect(await directory.findCaller('0'.repeat(64))).toBe(undefined)
    expect(await directory.replaceTeam(aTeam({ version: 2 }))).toBe(false)
    expect(await directory.replaceKey(aKey(aTeam(), { version: 2 }))).toBe(false)
    expect(await directory.listTeams({ limit: 20, cursor: null })).toEqual({ rows: [], nextCursor: null })
    expect(await directory.listKeys('nobody' as TeamId, { limit: 20, cursor: null })).toEqual({ rows: [], nextCursor: null })
  })

  test('a team cannot be created twice, and the second one changes nothing', async () => {
    const { directory } = await openBench(open)
    const team = aTeam({ disabled: true })
    expect(await directory.createTeam(team)).toBe(true)
    expect(await directory.createTeam({ ...team, name: 'Another', disabled: false })).toBe(false)
    expect(await directory.readTeam(team.id)).toEqual(team)
  })

  test('of ten that create one team at once, one does', async () => {
    const { directory } = await openBench(open)
    const team = aTeam()
    const created = await Promise.all(Array.from({ length: 10 }, () => directory.createTeam(team)))
    expect(created.filter(done => done)).toHaveLength(1)
  })

  test('a change replaces everything that can change', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { id, createdAtMs } = caller.team
    const { lineage, hash, mode, createdAtMs: mintedAtMs } = caller.key
    const team = { ...aTeam(WHOLE_TEAM), id, version: 2, createdAtMs }
    const key = { ...aKey(team, WHOLE_KEY), id: caller.key.id, lineage, hash, mode, version: 2, createdAtMs: mintedAtMs }
    expect(await bench.directory.replaceTeam(team)).toBe(true)
    expect(await bench.directory.replaceKey(key)).toBe(true)
    expect(await bench.directory.findCaller(hash)).toEqual({ team, key })
  })

  test('a change that was not made from the latest version is not stored', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const { team, key } = await bench.change(caller, { team: { name: 'Second' }, key: { label: 'Second' } })
    for (const version of [1, 2, 4]) {
      expect(await bench.directory.replaceTeam({ ...team, name: 'Lost', version })).toBe(false)
      expect(await bench.directory.replaceKey({ ...key, label: 'Lost', version })).toBe(false)
    }
    expect(await bench.directory.findCaller(key.hash)).toEqual({ team, key })
  })

  test('of ten changes made from one version at once, one is stored', async () => {
    const bench = await openBench(open)
    const { team, key } = await bench.caller()
    const numbers = Array.from({ length: 10 }, (_, number) => number)
    const teams = await Promise.all(numbers.map(number => bench.directory.replaceTeam({ ...team, name: `Name ${number}`, version: 2 })))
    const keys = await Promise.all(numbers.map(number => bench.directory.replaceKey({ ...key, label: `Label ${number}`, version: 2 })))
    expect([teams, keys].map(stored => stored.filter(done => done).length)).toEqual([1, 1])
    expect(await bench.directory.readTeam(team.id)).toMatchObject({ name: `Name ${teams.indexOf(true)}`, version: 2 })
    expect(await bench.directory.readKey(key.id)).toMatchObject({ label: `Label ${keys.indexOf(true)}`, version: 2 })
  })

  test('a disabled team and a revoked or expired key are found: who asks decides', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const changed = await bench.change(caller, { team: { disabled: true }, key: { revokedAtMs: 1, expiresAtMs: 1 } })
    expect(await bench.directory.findCaller(caller.key.hash)).toEqual(changed)
  })

  test.each([1, 2, 3, 7, 100])('in pages of %d, each of seven teams is listed once, in the order of ids', async limit => {
    const { directory } = await openBench(open)
    const ids = ['a', '-', '0', 'z-9', 'z', 'ads', 'a-b'] as TeamId[]
    for (const id of ids) await directory.createTeam(aTeam({ id }))
    expect((await everything(query => directory.listTeams(query), limit)).map(({ id }) => id)).toEqual([...ids].sort())
  })

  test.each([1, 2, 5, 100])('in pages of %d, each key of a team is listed once, the newest first, and no key of another team', async limit => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const ids: string[] = [caller.key.id]
    for (let number = 1; number <= 4; number++) {
      ids.unshift((await bench.colleague(caller)).key.id)
      await bench.caller()
    }
    expect((await everything(query => bench.directory.listKeys(caller.team.id, query), limit)).map(({ id }) => id)).toEqual(ids)
  })

  test.each(['', 'No Team', '\'; DROP TABLE teams; --'])('the cursor %j, which no list gave out, is refused', async cursor => {
    const bench = await openBench(open)
    const { team } = await bench.caller()
    await expect(bench.directory.listTeams({ limit: 20, cursor })).rejects.toThrow(InvalidCursor)
    await expect(bench.directory.listKeys(team.id, { limit: 20, cursor })).rejects.toThrow(InvalidCursor)
  })
}
