// Finds the redis-server that the tests start; a machine on which we are root, such as a CI container, gets one installed.
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { installWithApt } from './install-redis.ts'

export const REDIS_MISSING = 'redis-server is missing: install Redis 7.0 or newer, for example `sudo apt-get install redis-server`, or set REDIS_URL'

export type Machine = {
  /** folders of programs, as in PATH */
  path?: string
  isRoot?: boolean
  /** puts redis-server on the path, or throws */
  install?: () => Promise<void>
}

/**
 * The absolute path of redis-server. Where it is missing and we are root on a Debian, it is installed first, which takes up to some minutes.
 * Throws an error of one line that says what to install.
 */
export async function redisServerPath ({ path = process.env['PATH'] ?? '', isRoot = process.getuid?.() === 0, install = installWithApt }: Machine = {}): Promise<string> {
  const found = await findProgram('redis-server', path)
  if (found !== undefined) return found
  if (!isRoot || await findProgram('apt-get', path) === undefined) throw new Error(REDIS_MISSING)
  await install()
  const installed = await findProgram('redis-server', path)
  if (installed === undefined) throw new Error(REDIS_MISSING)
  return installed
}

/** The first executable of this name in the folders of a PATH, or undefined. */
export async function findProgram (name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, name)
    const executable = await access(candidate, constants.X_OK).then(() => true, () => false)
    if (executable) return candidate
  }
  return undefined
}
