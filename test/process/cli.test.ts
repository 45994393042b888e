// The command line as a process: exit codes, where things are written, and where the token comes from. And a ledger that is wrong.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { cli, cliEnv, cliProcess, wellDone } from '../support/cli.ts'
import { ADMIN_TOKEN, startGateway } from '../support/gateway.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

test('without its variables it says which are missing, with exit code 2', async () => {
  expect(await cliProcess(['team', 'list'], { cwd: tempFolder(), env: {} })).toEqual({
    code: 2, stdout: '', stderr: expect.stringMatching(/^mulegate: MULEGATE_URL is missing: .*\nmulegate: MULEGATE_ADMIN_TOKEN is missing: .*\n$/)
  })
})

test('help needs no gateway, is on stdout, and has examples', async () => {
  const { code, stdout, stderr } = await cliProcess(['key', 'mint', '--help'], { cwd: tempFolder(), env: {} })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Usage: mulegate key mint \[options\] <team>\n/)
  expect(stdout).toContain('Examples:\n  $ mulegate key mint ads --label "render farm"')
})

test('a gateway that cannot be reached is one line that names it, with exit code 1', async () => {
  const url = `http://127.0.0.1:${await closedPort()}`
  expect(await cliProcess(['team', 'list'], { cwd: tempFolder(), env: { MULEGATE_URL: `${url}/`, MULEGATE_ADMIN_TOKEN: 'x' } })).toEqual({
    code: 1, stdout: '', stderr: expect.stringMatching(new RegExp(`^mulegate: cannot reach ${url}: .*ECONNREFUSED.*\n$`))
  })
})

test('the token may lie in a file, which wins', async () => {
  const gateway = await startGateway()
  try {
    const file = join(tempFolder(), 'token')
    writeFileSync(file, `${ADMIN_TOKEN}\n`)
    const env = { MULEGATE_URL: gateway.origin, MULEGATE_ADMIN_TOKEN: 'another', MULEGATE_ADMIN_TOKEN_FILE: file }
    expect(await cliProcess(['team', 'list'], { cwd: tempFolder(), env })).toMatchObject({ code: 0, stderr: '' })
    expect(await cli(gateway, ['team', 'list'], { env: { ...env, MULEGATE_ADMIN_TOKEN_FILE: '/nowhere' } })).toEqual({ code: 2, stdout: '', stderr: 'mulegate: MULEGATE_ADMIN_TOKEN_FILE cannot be read: /nowhere\n' })
    expect(await cli(gateway, ['team', 'list'], { env: { ...env, MULEGATE_ADMIN_TOKEN_FILE: '' } })).toMatchObject({ code: 1, stderr: expect.stringMatching(/^mulegate: Send a valid admin token/) })
  } finally {
    await gateway.stop()
  }
})

test.each([
  ['ftp://gateway', /^mulegate: MULEGATE_URL is no http or https address/],
  ['gateway:8080', /^mulegate: MULEGATE_URL is no http or https address/],
  ['http://user:secret@gateway', /^mulegate: MULEGATE_URL must not hold a user or a password/]
])('%s is no address of a gateway', async (url, complaint) => {
  const gateway = { origin: url, clock: { nowMs: () => 0, advance () {}, set () {} } }
  const { code, stderr } = await cli(gateway, ['team', 'list'])
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(complaint) })
  expect(stderr).not.toContain('secret')
})

test('a sum that was broken on purpose is found, repaired, and right again', async () => {
  const path = join(tempFolder(), 'ledger.db')
  const before = await startGateway({ DATABASE_PATH: path })
  const { team, key } = await before.team({ limits: { quotas: [{ per: 'day', unit: 'tasks', limit: 5 }] } })
  await before.create(key)
  await before.stop()
  const database = new DatabaseSync(path)
  database.exec("UPDATE counters SET used_tasks = used_tasks + 3 WHERE per = 'day' AND scope = 'team'")
  database.close()
  const gateway = await startGateway({ DATABASE_PATH: path })
  try {
    const found = await cli(gateway, ['ledger', 'verify'])
    expect(found).toMatchObject({ code: 1, stderr: 'mulegate: 1 sums are not what the tasks say; --repair sets them right\n' })
    expect(found.stdout.split('\n')[1]?.split(/ +/)).toEqual([team, 'counter', 'team', team, 'day', '2026-11-22', 'used_tasks', '4', '1'])
    expect(await wellDone(gateway, ['ledger', 'verify', '--repair', '--team', team])).toMatch(/differences +1\nrepaired +1\n$/)
    expect(await wellDone(gateway, ['ledger', 'verify'])).toMatch(/differences +0\n$/)
  } finally {
    await gateway.stop()
  }
})

test('a server that is no gateway is said to be none', async () => {
  const gateway = await startGateway()
  try {
    const { code, stderr } = await cli(gateway, ['team', 'list'], { env: { ...cliEnv(gateway), MULEGATE_URL: gateway.simulator.origin } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^mulegate: .+\n$/)
  } finally {
    await gateway.stop()
  }
})
