// The form of the data in Redis: a gateway serves only what is written as it writes itself.
import { RedisUnusable } from './connection.ts'

/** To be raised with every change of a name or a value after which gateways of before and after cannot read each other's data. */
const FORM = 2
/** Data of before said nothing of its form. */
const UNSAID = 1

/** The words that every ledger has, with the form: its record of itself, and the epoch of each shard. If one of them is lost, the others still tell. */
export function inForm (word: string): string { return `${FORM}-${word}` }

/** @param words those that are there @throws RedisUnusable if one of them is of another form */
export function checkForm (words: readonly string[], keyPrefix: string): void {
  const form = words.map(formOf).find(each => each !== FORM)
  if (form === undefined) return
  const facts = `(form ${form} under REDIS_KEY_PREFIX ${keyPrefix}, this one knows ${FORM})`
  if (form > FORM) throw new RedisUnusable(`was written by a newer version ${facts}; start that version, or choose another REDIS_KEY_PREFIX`)
  throw new RedisUnusable(`was written by an earlier version ${facts}, whose data cannot be taken over; choose another REDIS_KEY_PREFIX, or delete the keys ${keyPrefix}:* and {${keyPrefix}:*`)
}

function formOf (word: string): number { return Number(/^(\d+)-/.exec(word)?.[1] ?? UNSAID) }
