// The version of this gateway, as its package says it.
import { readFileSync } from 'node:fs'

/** `0.1.0` @throws if the package does not say it */
export function ownVersion (): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const [, version] = /^ {2}"version": "([^"]+)"/m.exec(text) ?? []
  if (version === undefined) throw new Error('package.json has a version')
  return version
}
