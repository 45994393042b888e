// Where a task counts, and for how much.
import { expect, test } from 'vitest'
import type { KeyId } from '../../src/kernel/ids.ts'
import { accountWindows, contributionOf, counterOf, dayOf, limitsOf, ownerOf } from '../../src/ledger/account.ts'
import { TASK_STATES, type Money } from '../../src/ledger/task.ts'
import { QUOTA_PERIODS, type Quota } from '../../src/teams/limits.ts'
import { aCaller } from '../support/teams.ts'

const NOW_MS = Date.parse('2026-11-22T23:30:00Z')
const MONEY_COUNTS: ReadonlyArray<[Money, object]> = [
  ['held', { usedTasks: 1, heldTasks: 1, usedMicros: 500_000, heldMicros: 500_000 }],
  ['spent', { usedTasks: 1, heldTasks: 0, usedMicros: 500_000, heldMicros: 0 }],
  ['refunded', { usedTasks: 0, heldTasks: 0, usedMicros: 0, heldMicros: 0 }]
]
const UNFINISHED = ['submitting', 'pending', 'processing']

test.each(MONEY_COUNTS.flatMap(([money, tally]) => TASK_STATES.map(state => ({ money, state, tally }))))('a $state task whose money is $money contributes what the money says', ({ money, state, tally }) => {
  expect(contributionOf({ state, money, priceMicros: 500_000 })).toEqual({ ...tally, inFlight: UNFINISHED.includes(state) ? 1 : 0 })
})

test('a task that costs nothing is a task all the same', () => {
  expect(contributionOf({ state: 'pending', money: 'held', priceMicros: 0 })).toEqual({ usedTasks: 1, heldTasks: 1, usedMicros: 0, heldMicros: 0, inFlight: 1 })
})

test('the key\'s account is that of its lineage', () => {
  const caller = aCaller({ key: { lineage: 'key_first' as KeyId, limits: { tasksInFlight: 1, quotas: [] } }, team: { limits: { tasksInFlight: 2, quotas: [] } } })
  expect(ownerOf('team', caller)).toBe(caller.team.id)
  expect(ownerOf('key', caller)).toBe('key_first')
  expect(limitsOf('team', caller).tasksInFlight).toBe(2)
  expect(limitsOf('key', caller).tasksInFlight).toBe(1)
})

test('day, month and total are counted for team and key, limited or not, in the team\'s time zone', () => {
  const caller = aCaller({ team: { timeZone: 'Europe/Berlin' } })
  expect(accountWindows(caller, NOW_MS).map(counterOf)).toEqual(['team', 'key'].flatMap(scope => {
    const owner = scope === 'team' ? caller.team.id : caller.key.id
    return [
      { scope, owner, per: 'day', label: '2026-11-23' },
      { scope, owner, per: 'month', label: '2026-11' },
      { scope, owner, per: 'total', label: 'total' }
    ]
  }))
})

test('hours and weeks are counted where they are limited, and nothing is counted twice', () => {
  const limited = (...quotas: Quota[]): object => ({ limits: { quotas } })
  const caller = aCaller({
    team: limited({ per: 'week', unit: 'tasks', limit: 5 }, { per: 'week', unit: 'usd', limit: 5 }, { per: 'day', unit: 'tasks', limit: 5 }),
    key: limited({ per: 'hour', unit: 'usd', limit: 5 })
  })
  const counted = accountWindows(caller, NOW_MS).map(({ scope, window }) => `${scope} ${window.per}`)
  expect(counted.sort()).toEqual(['key day', 'key hour', 'key month', 'key total', 'team day', 'team month', 'team total', 'team week'])
})

test('every period can be counted', () => {
  const quotas = QUOTA_PERIODS.map(per => ({ per, unit: 'tasks' as const, limit: 1 }))
  const caller = aCaller({ team: { limits: { quotas } } })
  expect(accountWindows(caller, NOW_MS).filter(({ scope }) => scope === 'team').map(counterOf).map(({ per, label }) => `${per} ${label}`).sort())
    .toEqual(['day 2026-11-22', 'hour 2026-11-22T23Z', 'month 2026-11', 'total total', 'week 2026-W47'])
})

test('a task belongs to its team\'s local day of admission', () => {
  const counted = accountWindows(aCaller({ team: { timeZone: 'Asia/Tokyo' } }), NOW_MS).map(counterOf)
  expect(dayOf({ counted })).toBe('2026-11-23')
  expect(() => dayOf({ counted: counted.filter(({ scope }) => scope === 'key') })).toThrow('every task is counted in its team\'s day')
})
