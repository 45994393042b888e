// Installs Debian's redis-server for the tests, without questions and without the service that comes with the package.
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { z } from 'zod'

const DEADLINE_MS = 300_000
const INSTALL = ['install', '--yes', '--quiet', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', 'redis-server']
const UPDATE = ['update', '--quiet']
/** 101 forbids every action on a service: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
const NO_SERVICES = '#!/bin/sh\nexit 101\n'

const failureSchema = z.object({ stdout: z.string(), stderr: z.string() })

export type Debian = {
  aptGet?: string
  /** what Debian asks before it starts a service; one that is there already is left alone */
  policyFile?: string
}

/** Installs the package; package lists are fetched only if it cannot be installed without. Throws with what apt-get printed if that fails. */
export async function installWithApt ({ aptGet = 'apt-get', policyFile = '/usr/sbin/policy-rc.d' }: Debian = {}): Promise<void> {
  const forbidden = await forbidServices(policyFile)
  try {
    await run(aptGet, INSTALL).catch(async () => {
      await run(aptGet, UPDATE)
      await run(aptGet, INSTALL)
    })
  } finally {
    if (forbidden) await rm(policyFile)
  }
}

/** Resolves to whether the file was written now. */
async function forbidServices (policyFile: string): Promise<boolean> {
  return writeFile(policyFile, NO_SERVICES, { mode: 0o755, flag: 'wx' }).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return false
    throw error
  })
}

async function run (aptGet: string, words: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(aptGet, words, { timeout: DEADLINE_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  } catch (cause) {
    const printed = failureSchema.safeParse(cause)
    const output = printed.success ? `${printed.data.stdout}${printed.data.stderr}` : ''
    throw new Error(`${aptGet} ${words.join(' ')} failed:\n${output}`, { cause })
  }
}
