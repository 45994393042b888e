// Secrets that are given as files: which variables may be, and what the files hold at the start.
import { readFileSync } from 'node:fs'
import { Secret } from '../kernel/secret.ts'
import { reason } from './files.ts'

/** Variables that may also be given as a file, by the name of the variable and `_FILE`. */
export const SECRETS = ['MULEROUTER_API_KEY', 'REDIS_URL', 'ADMIN_TOKEN'] as const

export type SecretName = typeof SECRETS[number]

/** The file that a secret was read from, and what it held then. */
export type SecretFile = { path: string, text: Secret }

export type SecretFiles = Readonly<Partial<Record<SecretName, SecretFile>>>

/** What is wrong with a variable. */
export type Problem = { name: string, problem: string }

/** The variables as they hold, with the content of files in their places. */
export type Given = { values: Record<string, string>, files: SecretFiles, problems: Problem[] }

/** Puts the content of `…_FILE` in the place of the variable, and drops what is empty: `REDIS_URL=` means unset. */
export function withSecretFiles (environment: Readonly<Record<string, string | undefined>>): Given {
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && value.trim() !== '') values[name] = value.trim()
  }
  const files: Partial<Record<SecretName, SecretFile>> = {}
  const problems: Problem[] = []
  for (const name of SECRETS) {
    const path = values[`${name}_FILE`]
    if (path === undefined) continue
    try {
      const text = readSecretFile(path)
      values[name] = text
      files[name] = { path, text: new Secret(text) }
    } catch (error) {
      problems.push({ name: `${name}_FILE`, problem: `names a file that cannot be read (${reason(error)}), for example ${name}_FILE=/run/secrets/${name.toLowerCase()}` })
    }
  }
  return { values, files, problems }
}

/** The text of a secret's file, without the white space around it, and without the mark that editors of Windows begin with. @throws the system's error */
export function readSecretFile (path: string): string { return readFileSync(path, 'utf8').trim() }
