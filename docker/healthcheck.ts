// Whether the gateway of this container answers: the image's HEALTHCHECK. A path as an argument asks something else than /livez.
import { get } from 'node:http'

const TIMEOUT_MS = 2500
/** Everywhere is no address to call. */
const EVERYWHERE = ['', '0.0.0.0', '::']

const { HOST = '', PORT } = process.env
const [, , path = '/livez'] = process.argv

const request = get({ host: EVERYWHERE.includes(HOST) ? '127.0.0.1' : HOST, port: PORT || '8080', path, timeout: TIMEOUT_MS }, ({ statusCode }) => end(statusCode === 200, `status ${statusCode}`))
request.once('timeout', () => end(false, 'no answer in time'))
request.once('error', error => end(false, error.message))

function end (isWell: boolean, found: string): never {
  process.stderr.write(`${path}: ${found}\n`)
  process.exit(isWell ? 0 : 1)
}
