// How connections to Redis log in: as the URL says in that moment, also those that were there before it changed.
import { Cluster, ReplyError, type Redis } from 'ioredis'
import type { Live } from '../../kernel/live.ts'
import type { Log } from '../../kernel/log.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { RedisClient } from './link.ts'

/** User and password, as far as the URL has them. */
export type Login = { username?: string, password?: string }

export function loginOf (url: Secret): Login {
  const { username, password } = new URL(url.reveal())
  return {
    ...username === '' ? {} : { username: decodeURIComponent(username) },
    ...password === '' ? {} : { password: decodeURIComponent(password) }
  }
}

/** Lets every connection that the client makes from now on log in as the URL says then; ioredis reads its options each time it connects. */
export function followLogin (client: RedisClient, url: Live<Secret>): void {
  if (client instanceof Cluster) client.on('+node', (node: Redis) => follow(node, url))
  else follow(client, url)
}

function follow ({ options }: Redis, url: Live<Secret>): void {
  Object.defineProperties(options, {
    username: { enumerable: true, get: () => loginOf(url.current()).username },
    password: { enumerable: true, get: () => loginOf(url.current()).password }
  })
}

export type LoginsOptions = { clients: readonly RedisClient[], url: Live<Secret>, log: Log }

/**
 * Logs in anew on the connections that are there when the URL has changed. Redis keeps those whose password was changed, and ends those whose
 * user was deleted: who has logged in as the new one by then loses nothing.
 */
export class Logins {
  readonly #options: LoginsOptions
  /** what all connections have logged in with */
  #known: Secret
  /** what Redis would not have, which was said once */
  #refused: Secret | undefined
  #busy = false

  constructor (options: LoginsOptions) {
    this.#options = options
    this.#known = options.url.current()
  }

  /** Does nothing unless the URL has changed. Nobody waits for it: the connections work as they are. */
  renew (): void {
    const url = this.#options.url.current()
    if (url === this.#known || this.#busy) return
    this.#busy = true
    this.#logIn(url).finally(() => { this.#busy = false })
  }

  async #logIn (url: Secret): Promise<void> {
    const { username = 'default', password } = loginOf(url)
    const nodes = this.#options.clients.flatMap(client => client instanceof Cluster ? client.nodes('all') : [client]).filter(({ status }) => status === 'ready')
    const answers = password === undefined ? [] : await Promise.allSettled(nodes.map(node => node.auth(username, password)))
    // A connection that is lost meanwhile comes back with the new login by itself.
    const refusal = answers.find(answer => answer.status === 'rejected' && answer.reason instanceof ReplyError)
    if (refusal?.status === 'rejected') return this.#refuse(url, refusal.reason)
    this.#known = url
    this.#refused = undefined
    this.#options.log.info({}, 'Redis login renewed')
  }

  #refuse (url: Secret, reason: unknown): void {
    if (this.#refused === url) return
    this.#refused = url
    // The message alone: ioredis notes the whole command in the error, with the password.
    this.#options.log.error({ cause: reason instanceof Error ? reason.message : 'refused' }, 'Redis refuses the new login, connections stay as they are')
  }
}
