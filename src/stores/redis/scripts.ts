// The Lua scripts, each one atomic step.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { send, type Reading } from './bytes.ts'
import type { Link } from './link.ts'
import { nothingAt } from './names.ts'

const FOLDER = new URL('./lua/', import.meta.url)

type Script = { text: string, sha: string, reading: Reading }

/**
 * `always`: also when Redis has no memory left, because it settles what is there, or takes a right away.
 * @param reading bytes where tasks are given
 */
function script (files: readonly string[], when: 'with-memory' | 'always', reading: Reading = 'text'): Script {
  const flags = when === 'always' ? '#!lua flags=allow-oom' : '#!lua'
  const text = [flags, ...['nothing', ...files].map(file => readFileSync(new URL(`${file}.lua`, FOLDER), 'utf8'))].join('\n')
  return { text, sha: createHash('sha1').update(text).digest('hex'), reading }
}

const SCRIPTS = {
  admit: script(['prelude', 'outbox', 'enter', 'admit'], 'with-memory', 'bytes'),
  restore: script(['prelude', 'outbox', 'enter', 'restore'], 'always', 'bytes'),
  move: script(['prelude', 'outbox', 'move'], 'always', 'bytes'),
  find: script(['prelude', 'look', 'find'], 'always', 'bytes'),
  follow: script(['prelude', 'look', 'follow'], 'always', 'bytes'),
  claim: script(['prelude', 'look', 'claim'], 'always', 'bytes'),
  'give-back': script(['prelude', 'give-back'], 'always'),
  lose: script(['prelude', 'lose'], 'always'),
  replace: script(['prelude', 'replace'], 'always'),
  pulse: script(['pulse'], 'always'),
  inspect: script(['prelude', 'inspect'], 'always', 'bytes'),
  correct: script(['prelude', 'correct'], 'always'),
  rotate: script(['prelude', 'rotate'], 'always'),
  audit: script(['audit'], 'always'),
  sift: script(['prelude', 'sift'], 'always'),
  confirm: script(['confirm'], 'always'),
  time: script(['time'], 'always'),
  'count-calls': script(['count-calls'], 'with-memory'),
  'keep-webhook': script(['prelude', 'outbox', 'keep-webhook'], 'always'),
  'drop-webhook': script(['prelude', 'outbox', 'drop-webhook'], 'always'),
  tell: script(['prelude', 'outbox', 'tell'], 'with-memory'),
  'claim-deliveries': script(['prelude', 'outbox', 'claim-deliveries'], 'always'),
  'step-delivery': script(['prelude', 'outbox', 'step-delivery'], 'always')
} as const

/** A script's question: the first argument is sent as JSON, with units and names as the script says. */
export type Question = { keys: string[], about: object | string, more?: Array<string | Buffer> }

/** Runs a script in one round trip, or two if Redis does not know it yet. @throws LedgerUnavailable */
export async function run (link: Pick<Link, 'ask'>, name: keyof typeof SCRIPTS, { keys, about, more = [] }: Question): Promise<unknown> {
  const { sha, text, reading } = SCRIPTS[name]
  const [place = ''] = keys
  const parameters = [String(keys.length + 1), ...keys, nothingAt(place), typeof about === 'string' ? about : JSON.stringify(about), ...more]
  try {
    return await link.ask(place, redis => send(redis, ['evalsha', sha, ...parameters], reading))
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return link.ask(place, redis => send(redis, ['eval', text, ...parameters], reading))
  }
}
