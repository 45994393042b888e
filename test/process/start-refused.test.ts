// A start that cannot succeed: one line for each problem on stderr, nothing on stdout, and an exit code that tells why.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { openLog } from '../../src/telemetry/log.ts'
import { MAIN, startChild, type Ended } from '../support/child.ts'
import { gatewayEnv, startGatewayProcess } from '../support/gateway-process.ts'
import { portInUse } from '../support/port-in-use.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** As in sysexits.h: the configuration is wrong. */
const EX_CONFIG = 78

test('without a token it exits with 78, and its one line names the variable and the demo', async () => {
  const ended = await startChild(MAIN, { cwd: tempFolder() }).ended

  expect(ended).toMatchObject({ code: EX_CONFIG, signal: null, stdout: '' })
  const [line, ...more] = linesOf(ended)
  expect(line).toMatch(/^MULEROUTER_API_KEY is required/)
  expect(line).toContain('npm run demo')
  expect(more).toEqual([])
})

test('several wrong variables are several lines, and it exits with 78', async () => {
  const ended = await startChild(MAIN, { cwd: tempFolder(), env: { PORT: '70000', LOG_LEVEL: 'loud', SHUTDOWN_GRACE_MS: '1' } }).ended

  expect(ended).toMatchObject({ code: EX_CONFIG, signal: null, stdout: '' })
  expect(linesOf(ended).map(line => line.split(' ')[0]).sort()).toEqual(['LOG_LEVEL', 'MULEROUTER_API_KEY', 'PORT', 'SHUTDOWN_GRACE_MS'])
})

test('a wrong variable of a .env file is refused like one of the process', async () => {
  const cwd = tempFolder()
  writeFileSync(join(cwd, '.env'), 'MULEROUTER_API_KEY=token\nPORT=http\n')
  const ended = await startChild(MAIN, { cwd }).ended

  expect(ended).toMatchObject({ code: EX_CONFIG, stdout: '' })
  expect(linesOf(ended)).toEqual([expect.stringMatching(/^PORT must be /)])
})

test('the first line of a .env file counts, also behind a byte order mark', async () => {
  const cwd = tempFolder()
  writeFileSync(join(cwd, '.env'), '\ufeffPORT=http\r\nMULEROUTER_API_KEY=token\r\n')
  const ended = await startChild(MAIN, { cwd }).ended

  expect(ended).toMatchObject({ code: EX_CONFIG, stdout: '' })
  expect(linesOf(ended)).toEqual([expect.stringMatching(/^PORT must be /)])
})

test('a .env that cannot be read is one line, and it exits with 78', async () => {
  const cwd = tempFolder()
  mkdirSync(join(cwd, '.env'))
  const ended = await startChild(MAIN, { cwd, env: gatewayEnv() }).ended

  expect(ended).toMatchObject({ code: EX_CONFIG, stdout: '' })
  expect(linesOf(ended)).toEqual([expect.stringMatching(/^\.env cannot be read .+example/)])
})

test('no refusal of the start shows a secret', async () => {
  const canary = 'canary-77e0'
  const env = { MULEROUTER_API_KEY: `${canary} ${canary}`, ADMIN_TOKEN: canary, REDIS_URL: `redis://:${canary}@127.0.0.1/nowhere` }
  const ended = await startChild(MAIN, { cwd: tempFolder(), env }).ended

  expect(linesOf(ended)).toHaveLength(3)
  expect(ended.stderr).not.toContain(canary)
})

test('a database that another gateway serves is refused, and the other one goes on', async () => {
  const cwd = tempFolder()
  const first = await startGatewayProcess({ cwd })

  expect(await problemOfDatabase(cwd)).toBe('DATABASE_PATH: ledger.db is in use by another gateway; one file serves one process')
  expect(await first.call('GET', '/readyz')).toMatchObject({ status: 200 })
})

test('a file that is no database is refused', async () => {
  const cwd = tempFolder()
  writeFileSync(join(cwd, 'ledger.db'), 'a text that is long enough to be taken for the header of a database, which it is not\n'.repeat(20))

  expect(await problemOfDatabase(cwd)).toMatch(/^DATABASE_PATH: ledger\.db is not a database, or is damaged; /)
})

test('a database of a newer version is refused, and says so', async () => {
  const cwd = tempFolder()
  const gateway = await startGatewayProcess({ cwd })
  gateway.kill('SIGTERM')
  await gateway.ended
  change(cwd, 'PRAGMA user_version = 999')

  expect(await problemOfDatabase(cwd)).toMatch(/^DATABASE_PATH: ledger\.db was written by a newer version \(schema 999, /)
})

test('a database of another program is refused', async () => {
  const cwd = tempFolder()
  change(cwd, 'CREATE TABLE customers (id INTEGER PRIMARY KEY)')

  expect(await problemOfDatabase(cwd)).toMatch(/^DATABASE_PATH: ledger\.db belongs to another program; /)
})

for (const [what, path] of Object.entries({ 'below a file': 'file/ledger.db', 'deep below a file': 'file/deep/er/ledger.db', 'that is a folder': 'folder' })) {
  test(`a database ${what} cannot be created, which is one line`, async () => {
    const cwd = tempFolder()
    writeFileSync(join(cwd, 'file'), '')
    mkdirSync(join(cwd, 'folder'))

    expect(await problemOfDatabase(cwd, path)).toMatch(new RegExp(`^DATABASE_PATH: ${path} cannot be opened`))
  })
}

test('a port that is in use is one line with another port for example', async () => {
  const port = await portInUse()
  const ended = await startChild(MAIN, { cwd: tempFolder(), env: gatewayEnv({ PORT: String(port) }) }).ended

  expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' })
  expect(linesOf(ended)).toEqual([expect.stringMatching(new RegExp(`^HOST, PORT cannot be listened on: .+127\\.0\\.0\\.1:${port}; .+for example PORT=\\d+$`))])
})

test('a start that failed gives the database back, to the same process too', async () => {
  const options = { clock: systemClock, log: openLog({ level: 'silent' }) }
  const env = { MULEROUTER_API_KEY: 'token', DATABASE_PATH: join(tempFolder(), 'ledger.db') }
  await expect(startApp({ ...options, config: readConfig({ ...env, PORT: String(await portInUse()) }) })).rejects.toThrow('EADDRINUSE')

  const app = await startApp({ ...options, config: readConfig({ ...env, PORT: '0' }) })
  expect(await fetch(`${app.origin}/readyz`)).toMatchObject({ status: 200 })
  await app.stop()
})

test('an address that is not this machine\'s is one line', async () => {
  // TEST-NET-1, RFC 5737: nobody has it.
  const ended = await startChild(MAIN, { cwd: tempFolder(), env: gatewayEnv({ HOST: '192.0.2.1' }) }).ended

  expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' })
  expect(linesOf(ended)).toEqual([expect.stringMatching(/^HOST, PORT cannot be listened on: .+192\.0\.2\.1/)])
})

/** The one line by which a gateway refuses to start on this file. */
async function problemOfDatabase (cwd: string, path = 'ledger.db'): Promise<string> {
  const ended = await startChild(MAIN, { cwd, env: gatewayEnv({ DATABASE_PATH: path }) }).ended
  expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' })
  const [line = '', ...more] = linesOf(ended)
  expect(more).toEqual([])
  return line
}

function linesOf ({ stderr }: Ended): string[] {
  expect(stderr.endsWith('\n'), stderr).toBe(true)
  return stderr.slice(0, -1).split('\n')
}

function change (folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'ledger.db'))
  database.exec(sql)
  database.close()
}
