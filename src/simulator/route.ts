// Which of the simulator's routes a path is.

export type Route =
  | { kind: 'generation' }
  | { kind: 'task', taskId: string }
  | { kind: 'result', taskId: string }
  | { kind: 'moved' }     // where redirects point
  | { kind: 'received' }
  | { kind: 'faults' }
  | { kind: 'tokens' }
  | { kind: 'unknown' }

/** The prefix of paths that redirects point to; there is nothing behind them. */
export const MOVED = '/moved'

const GENERATION = '/vendors/alibaba/v1/wan2.2-t2v-plus/generation'
const TASK = new RegExp(`^${RegExp.escape(GENERATION)}/([^/]+)$`)
const RESULT = /^\/ephemeral\/([^/]+)\/result_00\.mp4$/

/** The route of a path that has no query. */
export function routeOf (path: string): Route {
  if (path === GENERATION) return { kind: 'generation' }
  if (path === '/_simulator/received') return { kind: 'received' }
  if (path === '/_simulator/faults') return { kind: 'faults' }
  if (path === '/_simulator/tokens') return { kind: 'tokens' }
  if (path.startsWith(`${MOVED}/`)) return { kind: 'moved' }

  const [, taskId] = TASK.exec(path) ?? []
  if (taskId !== undefined) return { kind: 'task', taskId }

  const [, resultOf] = RESULT.exec(path) ?? []
  if (resultOf !== undefined) return { kind: 'result', taskId: resultOf }

  return { kind: 'unknown' }
}
