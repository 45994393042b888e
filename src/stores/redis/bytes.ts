// Commands whose replies are not all text: every byte of a reply is one character of what they give.
import { Command } from 'ioredis'
import type { RedisClient } from './link.ts'

/** How a reply is read: text is UTF-8. */
export type Reading = 'text' | 'bytes'

/** Sends a command, whatever its reply holds. */
export function send (redis: RedisClient, [name, ...args]: readonly [string, ...Array<string | Buffer>], reading: Reading): Promise<unknown> {
  const command = new Command(name, args, { replyEncoding: reading === 'text' ? 'utf8' : 'latin1' })
  redis.sendCommand(command)
  return command.promise
}
