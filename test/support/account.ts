// What a caller's account says, short enough to be compared in one line.
import { expect } from 'vitest'
import type { Gateway } from './gateway.ts'

/** Limits that are never in the way, so that `/v1/usage` shows what is counted. */
export const COUNTED = {
  tasks_in_flight: 100,
  quotas: [{ per: 'day', unit: 'tasks', limit: 100 }, { per: 'total', unit: 'usd', limit: '100.00' }]
}

export type Account = { inFlight: number, tasks: number, tasksHeld: number, usd: string, usdHeld: string }

export const UNTOUCHED: Account = { inFlight: 0, tasks: 0, tasksHeld: 0, usd: '0.00', usdHeld: '0.00' }
/** one task under way, at the price of 1080P */
export const UNDER_WAY: Account = { inFlight: 1, tasks: 1, tasksHeld: 1, usd: '0.50', usdHeld: '0.50' }
/** one task whose outcome nobody knows */
export const IN_DOUBT: Account = { ...UNDER_WAY, inFlight: 0 }
/** one task that ended and is paid for */
export const SPENT: Account = { inFlight: 0, tasks: 1, tasksHeld: 0, usd: '0.50', usdHeld: '0.00' }

/** The account of a team that has the limits `COUNTED`. */
export async function accountOf (gateway: Gateway, key: string): Promise<Account> {
  const { json, text } = await gateway.usage(key)
  expect(json.quotas, text).toMatchObject([{ scope: 'team', per: 'day', unit: 'tasks' }, { scope: 'team', per: 'total', unit: 'usd' }])
  const [tasks, usd] = json.quotas
  return { inFlight: json.in_flight.used, tasks: tasks.used, tasksHeld: tasks.held, usd: usd.used, usdHeld: usd.held }
}

/** What the list of tasks says about the caller's newest task. */
export async function newestTask (gateway: Gateway, key: string): Promise<{ task_ref: string, task_id: string | null, status: string, money: string, price_usd: string }> {
  const { json, text } = await gateway.call('GET', '/v1/tasks?limit=1', { key })
  expect(json.data, text).toHaveLength(1)
  return json.data[0]
}
