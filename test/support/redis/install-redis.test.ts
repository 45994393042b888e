// How redis-server is installed, told by a program in the place of apt-get.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tempFolder } from '../temp-folder.ts'
import { installWithApt } from './install-redis.ts'

/** A program in the place of apt-get: it notes how it was called, then runs the lines. */
function scriptedApt (lines: string): { aptGet: string, policyFile: string, calls (): string[] } {
  // A machine may have its own idea of it, which must not win.
  vi.stubEnv('DEBIAN_FRONTEND', 'dialog')
  onTestFinished(() => { vi.unstubAllEnvs() })
  const folder = tempFolder()
  const [aptGet, policyFile, noted] = [join(folder, 'apt-get'), join(folder, 'policy-rc.d'), join(folder, 'noted')]
  writeFileSync(aptGet, `#!/bin/sh\necho "$1 $DEBIAN_FRONTEND $("${policyFile}" >&2; echo $?)" >> "${noted}"\n${lines}\n`, { mode: 0o755 })
  return { aptGet, policyFile, calls: () => readFileSync(noted, 'utf8').trim().split('\n') }
}

test('the package is installed without questions, and with services forbidden meanwhile', async () => {
  const apt = scriptedApt('exit 0')
  await installWithApt(apt)
  expect(apt.calls()).toEqual(['install noninteractive 101'])
  expect(existsSync(apt.policyFile)).toBe(false)
})

test('the package lists are fetched where it cannot be installed without', async () => {
  const apt = scriptedApt('if [ "$1" = update ]; then touch "$0.lists"; fi\ntest -e "$0.lists"')
  await installWithApt(apt)
  expect(apt.calls()).toEqual(['install noninteractive 101', 'update noninteractive 101', 'install noninteractive 101'])
})

test('a failure shows what apt-get printed, and services are allowed again', async () => {
  const apt = scriptedApt('echo "to stdout, $1"; echo "to stderr, $1" >&2; exit 100')
  await expect(installWithApt(apt)).rejects.toThrow(/update.* failed:\nto stdout, update\nto stderr, update/)
  expect(existsSync(apt.policyFile)).toBe(false)
})

test('a policy of the machine is left as it is', async () => {
  const apt = scriptedApt('exit 0')
  writeFileSync(apt.policyFile, '#!/bin/sh\nexit 104\n', { mode: 0o755 })
  await installWithApt(apt)
  expect(apt.calls()).toEqual(['install noninteractive 104'])
  expect(readFileSync(apt.policyFile, 'utf8')).toContain('104')
})
