// Single calls, for what a load does not tell: ids of new tasks, and answers one after the other.
import { Pool } from 'undici'
import { GENERATION, type Contender } from './contenders.ts'

const CONNECTIONS = 32

/** Makes so many tasks. @returns their ids @throws if one of them is not made */
export function makeTasks ({ create }: Pick<Contender, 'create'>, count: number): Promise<string[]> {
  return withPool(create.url, pool => sideBySide(Array.from({ length: count }, (_, place) => place), async () => {
    const { statusCode, body } = await pool.request({ path: new URL(create.url).pathname, method: 'POST', headers: create.headers, body: create.body ?? '' })
    const text = await body.text()
    if (statusCode >= 400) throw new Error(`a create was answered with ${statusCode}: ${text}`)
    return String(JSON.parse(text).task_info.id)
  }))
}

/** Reads each of them once. @returns their statuses @throws if one cannot be read */
export function readTasks ({ create }: Pick<Contender, 'create'>, taskIds: readonly string[]): Promise<string[]> {
  return withPool(create.url, pool => sideBySide(taskIds, async id => {
    const { statusCode, body } = await pool.request({ path: `${GENERATION}/${id}`, method: 'GET', headers: create.headers })
    const text = await body.text()
    if (statusCode >= 400) throw new Error(`a read was answered with ${statusCode}: ${text}`)
    return String(JSON.parse(text).task_info.status)
  }))
}

async function withPool<Result> (url: string, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const pool = new Pool(new URL(url).origin, { connections: CONNECTIONS })
  try {
    return await work(pool)
  } finally {
    await pool.close()
  }
}

async function sideBySide<Item, Result> (items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  const rest = items[Symbol.iterator]()
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) results.push(await work(next.value))
  }))
  return results
}
