// GET /ephemeral/{task_id}/result_00.mp4: serves the video of a completed task to whoever has its signed URL.

import { readFile } from 'node:fs/promises'
import type { Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import { readByteRange } from './byte-range.ts'
import { plainProblem } from './problems.ts'
import { findTask, type Provider } from './provider.ts'
import { isSigned } from './result-url.ts'
import type { Size } from './sizes.ts'
import { taskStateAt } from './task-state.ts'

/** Answers 200 or 206 with the video, 403 to a wrong or expired signature, 404 if there is no result, or 416. */
export async function downloadResult (taskId: string, arrival: Arrival, provider: Provider): Promise<Answer> {
  const nowMs = provider.now()
  if (!isSigned(taskId, arrival.query, nowMs)) return plainProblem(403, 'Forbidden')

  const task = findTask(provider, taskId)
  if (task === undefined || taskStateAt(task, provider, nowMs).status !== 'completed') return plainProblem(404, 'Not Found')

  return videoAnswer(await readVideo(task.size), arrival.headers.range)
}

function videoAnswer (video: Buffer, rangeHeader: string | undefined): Answer {
  const headers = { 'content-type': 'video/mp4', 'accept-ranges': 'bytes' }
  const range = readByteRange(rangeHeader, video.length)
  switch (range.kind) {
    case 'whole': return { status: 200, headers, body: video }
    case 'part': return {
      status: 206,
      headers: { ...headers, 'content-range': `bytes ${range.first}-${range.last}/${video.length}` },
      body: video.subarray(range.first, range.last + 1)
    }
    case 'unsatisfiable': {
      const refused = plainProblem(416, 'Range Not Satisfiable')
      return { ...refused, headers: { ...refused.headers, 'content-range': `bytes */${video.length}` } }
    }
  }
}

function readVideo (size: Size): Promise<Buffer> {
  return readFile(new URL(`./media/${size.replace('*', 'x')}.mp4`, import.meta.url))
}
