// Changes of a task as server-sent events: upstream's body of it, numbered by revision.
import { shown, shownBody } from '../../flows/read-task.ts'
import type { Task } from '../../ledger/task.ts'
import type { ServerEvent } from '../event-stream.ts'

/** One `task` event for each change. @param seen the id of the last event that the caller has, which is not sent again */
export async function * taskEvents (changes: AsyncIterable<Task>, seen: string | undefined): AsyncGenerator<ServerEvent> {
  for await (const task of changes) {
    const id = String(task.revision)
    if (id !== seen && task.body !== null) yield { id, event: 'task', data: shownBody(shown(task)) }
  }
}
