// Beside a gateway, in its container or its shell: the variables that it was started with say where it is, and hold a token for it.
import { readFileSync } from 'node:fs'

export type Environment = Readonly<Record<string, string | undefined>>

/** Everywhere is no address to call. */
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }
const NAMED = /^[A-Za-z0-9._-]{1,40}=(?<token>[\x21-\x7e]{16,512}?)(?<read>:read)?$/

/**
 * What the command line needs, as far as the variables of a gateway tell it. Nothing, unless they give it an admin token: then this is another machine.
 * @returns MULEGATE_URL, and MULEGATE_ADMIN_TOKEN if there is one that may change things
 */
export function ownGateway (env: Environment): Environment {
  const { ADMIN_TOKEN_FILE: path = '', ADMIN_TOKEN: text = '', HOST: host = '', PORT: port = '', OPS_PORT: opsPort = '' } = env
  if (path === '' && text === '') return {}
  const address = EVERYWHERE[host] ?? (host.includes(':') ? `[${host}]` : host || '127.0.0.1')
  return { MULEGATE_URL: `http://${address}:${opsPort || port || '8080'}`, MULEGATE_ADMIN_TOKEN: ableToken(path === '' ? text : readFile(path)) }
}

/** The first token that is not only for reading. */
function ableToken (text: string | undefined): string | undefined {
  const lines = text?.split('\n').map(line => line.trim()).filter(line => line !== '') ?? []
  const tokens = lines.map(line => {
    const { token, read } = NAMED.exec(line)?.groups ?? { token: line }
    return read === undefined ? token : undefined
  })
  return tokens.find(token => token !== undefined)
}

function readFile (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
