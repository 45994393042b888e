// The provider's refusals: one table, and the body they are written in.

import { randomUUID } from 'node:crypto'
import { json, type Answer } from './answer.ts'

// 1001, 2001 and 2005 were seen live. The provider documents no code for the others; theirs are guesses from the same families.
const PROBLEMS = {
  invalid: { status: 400, title: 'Invalid Request', errorCode: 2001 },
  'key-malformed': { status: 401, title: 'Invalid API Key format', errorCode: 1001 },
  'key-unknown': { status: 401, title: 'Invalid API Key', errorCode: 1001 },
  'no-task': { status: 404, title: 'Task Not Found', errorCode: 2005 },
  'method-not-allowed': { status: 405, title: 'Method Not Allowed', errorCode: 4002 },
  'task-processing': { status: 409, title: 'Task Is Processing', errorCode: 4008 },
  'body-too-large': { status: 413, title: 'Request Entity Too Large', errorCode: 2001 },
  fault: { status: 500, title: 'Internal Server Error', errorCode: 4002 }
} as const

export type ProblemKind = keyof typeof PROBLEMS

/** A refusal in the provider's error body; `instance` is the path that was asked for. */
export function problem (kind: ProblemKind, instance: string, detail = 'None'): Answer {
  return errorAnswer({ ...PROBLEMS[kind], instance, detail })
}

export type ErrorFacts = {
  status: number
  title: string
  errorCode: number
  instance: string
  detail?: string
}

/** Any refusal in the provider's error body. */
export function errorAnswer ({ status, title, errorCode, instance, detail = 'None' }: ErrorFacts): Answer {
  return json(status, { status, title, detail: `${detail} (request_id: ${randomUUID()})`, instance, error_code: errorCode })
}

/** The refusal of a method on a path that knows only the `allowed` ones. */
export function methodNotAllowed (instance: string, allowed: string): Answer {
  const refused = problem('method-not-allowed', instance)
  return { ...refused, headers: { ...refused.headers, allow: allowed } }
}

/** The short body that the provider has for what is behind none of its routes. */
export function plainProblem (status: number, title: string): Answer {
  return json(status, { status, title })
}
