// Changes of a task as server-sent events: upstream's body of it, numbered by revision.
import { shown, shownBody } from '../../flows/read-task.ts'
import type { TaskListener } from '../../flows/task-watch.ts'
import type { EventStream } from '../event-stream.ts'

/** Writes one `task` event for each change, and the end. @param seen the id of the last event that the caller has, which is not sent again */
export function taskEvents (stream: EventStream, seen: string | undefined): TaskListener {
  return task => {
    if (task === undefined) return stream.end()
    const id = String(task.revision)
    if (id !== seen && task.body !== null) stream.send({ id, event: 'task', data: shownBody(shown(task)) })
  }
}
