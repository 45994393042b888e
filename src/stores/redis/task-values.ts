// Values of tasks, as they are read: without their references, which their names tell.
import { z } from 'zod'
import type { TaskRef } from '../../kernel/ids.ts'
import type { Shard } from '../../kernel/shard.ts'
import type { Task } from '../../ledger/task.ts'
import { send } from './bytes.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { unpackTask, type StoredTask } from './packed-task.ts'

const mgetReply = z.array(z.string().nullable())
const inTurn = z.array(z.string())

/** The tasks of a shard by their references, in this order; undefined for one that is not there. @throws LedgerUnavailable */
export async function readValues ({ link, names }: { link: Link, names: Names }, shard: Shard, refs: readonly TaskRef[]): Promise<Array<StoredTask | undefined>> {
  const values = mgetReply.parse(await link.ask(names.inShard(shard), redis => send(redis, ['mget', ...refs.map(ref => names.task(shard, ref))], 'bytes')))
  return refs.map((ref, place) => {
    const value = values[place] ?? null
    return value === null ? undefined : unpackTask(ref, value)
  })
}

/** Tasks as scripts give them: references and values in turn. */
export function unpackTasks (reply: unknown): Task[] {
  const words = inTurn.parse(reply)
  const tasks: Task[] = []
  for (let place = 0; place < words.length; place += 2) tasks.push(unpackTask(words[place] ?? '', words[place + 1] ?? '').task)
  return tasks
}
