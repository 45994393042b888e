// Which gateway, and by which token: from the environment, because a command line is seen by everybody on the machine.
import { readFileSync } from 'node:fs'
import { Secret } from '../kernel/secret.ts'
import { WrongUsage } from './failure.ts'
import { ownGateway, type Environment } from './own-gateway.ts'

export type Settings = { url: URL, token: Secret }

/**
 * What is said for the command line, else what the gateway beside it was started with. A gateway that was named gets no token that was not given for it.
 * @throws WrongUsage that names each variable that is missing or wrong
 */
export function readSettings (env: Environment): Settings {
  const { MULEGATE_URL, MULEGATE_ADMIN_TOKEN, MULEGATE_ADMIN_TOKEN_FILE } = env
  const own = MULEGATE_URL ? {} : ownGateway(env)
  const hasToken = Boolean(MULEGATE_ADMIN_TOKEN || MULEGATE_ADMIN_TOKEN_FILE)
  const said = { ...env, MULEGATE_URL: MULEGATE_URL || own['MULEGATE_URL'], ...hasToken ? {} : { MULEGATE_ADMIN_TOKEN: own['MULEGATE_ADMIN_TOKEN'] } }
  const [url, token] = [readUrl(said), readToken(said)]
  const wrong = [url, token].filter(found => typeof found === 'string')
  if (typeof url === 'string' || typeof token === 'string') throw new WrongUsage(wrong.join('\n'))
  return { url, token }
}

function readUrl ({ MULEGATE_URL: text = '' }: Environment): URL | string {
  if (text === '') return 'MULEGATE_URL is missing: where the gateway is, for example MULEGATE_URL=http://127.0.0.1:8080'
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return 'MULEGATE_URL is no http or https address; for example MULEGATE_URL=http://127.0.0.1:8080'
  if (url.username !== '' || url.password !== '') return 'MULEGATE_URL must not hold a user or a password; the token goes to MULEGATE_ADMIN_TOKEN'
  return url
}

/** The file wins, as for the secrets of the gateway. */
function readToken ({ MULEGATE_ADMIN_TOKEN: text = '', MULEGATE_ADMIN_TOKEN_FILE: path = '' }: Environment): Secret | string {
  const name = path === '' ? 'MULEGATE_ADMIN_TOKEN' : 'MULEGATE_ADMIN_TOKEN_FILE'
  const token = (path === '' ? text : readFile(path))?.trim()
  if (token === undefined) return `MULEGATE_ADMIN_TOKEN_FILE cannot be read: ${path}`
  if (token === '') return `${name} is ${path === '' ? 'missing: a token of the gateway\'s ADMIN_TOKEN' : `empty: ${path}`}`
  return /^[\x21-\x7e]+$/.test(token) ? new Secret(token) : `${name} is no token: one has no spaces and no letters beyond ASCII`
}

function readFile (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
