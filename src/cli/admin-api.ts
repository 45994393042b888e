// The gateway's admin API, as a command calls it: one call, one answer, or a sentence that says why there is none.
import { z } from 'zod'
import { Failed } from './failure.ts'
import { printable } from './printable.ts'
import type { Settings } from './settings.ts'

export type Query = Readonly<Record<string, string | undefined>>

export type CallOptions = {
  query?: Query
  body?: unknown
  /** for calls that read or change much */
  patient?: boolean
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export interface AdminApi {
  /** the gateway's address, as people know it */
  readonly address: string
  /** @returns the parsed answer, or undefined if it is empty @throws Refused, or Unreachable */
  call (method: Method, path: string, options?: CallOptions): Promise<unknown>
  /** The body of an answer to GET, as it comes in. @throws Refused, or Unreachable */
  text (path: string, options?: CallOptions): AsyncIterable<string>
}

/** The gateway said no: its sentence, and what was wrong with which field. */
export class Refused extends Failed {
  readonly status: number
  readonly code: string | undefined
  readonly errors: readonly z.output<typeof fieldError>[]

  constructor (status: number, problem: z.output<typeof problemSchema>) {
    super(linesOf(problem))
    this.status = status
    this.code = problem.code
    this.errors = problem.errors ?? []
  }
}

/** There is no answer that can be understood. */
export class Unreachable extends Failed {}

const fieldError = z.object({ pointer: z.string(), detail: z.string() })
const problemSchema = z.object({ detail: z.string(), code: z.string().optional(), errors: z.array(fieldError).optional() })

const DEADLINE_MS = 60_000
const PATIENT_DEADLINE_MS = 900_000

export function adminApi ({ url, token }: Settings): AdminApi {
  const address = url.origin + url.pathname.replace(/\/+$/, '')

  async function send (method: Method, path: string, { query = {}, body, patient = false }: CallOptions): Promise<Response> {
    const target = new URL(address + path)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, value)
    const response = await fetch(target, {
      method,
      headers: { authorization: `Bearer ${token.reveal()}`, ...body === undefined ? {} : { 'content-type': 'application/json' } },
      body: body === undefined ? null : JSON.stringify(body),
      // A token does not follow where somebody else points.
      redirect: 'manual',
      signal: AbortSignal.timeout(patient ? PATIENT_DEADLINE_MS : DEADLINE_MS)
    })
    if (response.ok) return response
    const problem = problemSchema.safeParse(parse(await response.text()))
    if (problem.success) throw new Refused(response.status, problem.data)
    throw new Unreachable(`${address} answered ${response.status} without a reason that can be read; is it a mulegate?`)
  }

  return {
    address,
    async call (method, path, options = {}) {
      try {
        const text = await (await send(method, path, options)).text()
        if (text === '') return undefined
        const json = parse(text)
        if (json === undefined) throw new Unreachable(`${address} answered something that is not JSON; is it a mulegate?`)
        return json
      } catch (error) {
        throw asFailure(error, address)
      }
    },
    async * text (path, options = {}) {
      try {
        const { body } = await send('GET', path, { ...options, patient: true })
        if (body !== null) yield * body.pipeThrough(new TextDecoderStream())
      } catch (error) {
        throw asFailure(error, address)
      }
    }
  }
}

/** Reads an answer by its schema. @throws Unreachable when it has another form */
export function readAnswer<Schema extends z.ZodType> (schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  throw new Unreachable(`the gateway answered in a form that this version does not know (${first?.path.join('.') || 'its beginning'}: ${first?.message ?? ''})`)
}

/** The gateway's sentence; of several wrong fields each on a line of its own. */
function linesOf ({ detail, errors = [] }: z.output<typeof problemSchema>): string {
  const [sentence = '', end = ''] = [detail.replace(/ \(request_id: [^)]*\)$/, ''), / \(request_id: [^)]*\)$/.exec(detail)?.[0]]
  if (errors.length < 2) return printable(detail)
  const head = sentence.slice(0, Math.max(sentence.indexOf(': '), 0)) || sentence
  return [`${printable(head)}:${printable(end)}`, ...errors.map(error => `  ${fieldName(error.pointer)} ${printable(error.detail)}`)].join('\n')
}

/** `/limits/quotas/1/per` as people write it: `limits.quotas[1].per`. */
export function fieldName (pointer: string): string {
  const parts = pointer.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const name = parts.map((part, index) => /^\d+$/.test(part) ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`).join('')
  return printable(name) || 'it'
}

/** Connections fail in many words; one line names the address and the cause. */
function asFailure (error: unknown, address: string): unknown {
  if (error instanceof Failed || !(error instanceof Error)) return error
  if (error.name === 'TimeoutError') return new Unreachable(`${address} does not answer in time`)
  if (error instanceof TypeError) return new Unreachable(`cannot reach ${address}: ${causeOf(error)}`)
  return error
}

function causeOf ({ cause, message }: Error): string {
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return printable(cause.errors[0].message)
  return printable(cause instanceof Error ? cause.message : message)
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
