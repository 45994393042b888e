// Reads a configuration as a test gives it: what is needed to start, and the variables that the test is about.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError, readConfig, type Config, type Environment } from '../../src/config/config.ts'
import { tempFolder } from '../support/temp-folder.ts'

export const UPSTREAM_TOKEN = 'mr-token-of-the-tests'

/** The configuration of these variables, beside the one that is required. */
export function read (environment: Environment = {}): Config {
  return readConfig({ MULEROUTER_API_KEY: UPSTREAM_TOKEN, ...environment })
}

/** The lines by which exactly these variables are refused. Throws if they are not. */
export function problemsOfAll (environment: Environment): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
  throw new Error('the configuration was accepted')
}

/** The same, beside the variable that is required. */
export function problemsOf (environment: Environment): readonly string[] {
  return problemsOfAll({ MULEROUTER_API_KEY: UPSTREAM_TOKEN, ...environment })
}

/** A path in a folder of the test's own, with this content if one is given. */
export function temporaryFile (content?: string): string {
  const path = join(tempFolder(), 'file')
  if (content !== undefined) writeFileSync(path, content)
  return path
}
