// In a gateway's container the command line needs nothing but what the gateway itself was given.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../src/cli/settings.ts'
import { cliProcess } from '../support/cli.ts'
import { ADMIN_TOKEN, startGateway } from '../support/gateway.ts'
import { tempFolder } from '../support/temp-folder.ts'

const TOKEN = 'a-token-that-changes-things'

function settingsOf (env: Record<string, string>): { url: string, token: string } {
  const { url, token } = readSettings(env)
  return { url: url.href, token: token.reveal() }
}

test('a command with nothing but the variables of the gateway beside it reaches that gateway', async () => {
  const gateway = await startGateway()
  try {
    const file = join(tempFolder(), 'token')
    writeFileSync(file, `${ADMIN_TOKEN}\n`)
    const env = { HOST: '0.0.0.0', PORT: new URL(gateway.origin).port, ADMIN_TOKEN_FILE: file }
    expect(await cliProcess(['team', 'list'], { cwd: tempFolder(), env })).toMatchObject({ code: 0, stderr: '' })
  } finally {
    await gateway.stop()
  }
})

test.each([
  [{}, 'http://127.0.0.1:8080/'],
  [{ HOST: '0.0.0.0', PORT: '8081' }, 'http://127.0.0.1:8081/'],
  [{ PORT: '8081', OPS_PORT: '9090' }, 'http://127.0.0.1:9090/'],
  [{ HOST: '::', PORT: '8081' }, 'http://[::1]:8081/'],
  [{ HOST: 'fd00::1' }, 'http://[fd00::1]:8080/'],
  [{ HOST: 'gateway.internal' }, 'http://gateway.internal:8080/']
])('a gateway with %j is called at %s', (env, url) => {
  expect(settingsOf({ ...env, ADMIN_TOKEN: TOKEN })).toEqual({ url, token: TOKEN })
})

describe('of several tokens it takes the first that may change things', () => {
  test.each([
    [`alice=${TOKEN}\nbob=another-token-of-somebody`],
    [`grafana=only-for-looking-at-it:read\n\n alice=${TOKEN} \n`],
    [`${TOKEN}\n`]
  ])('%j', text => {
    expect(settingsOf({ ADMIN_TOKEN: text }).token).toBe(TOKEN)
  })

  test('and none if there is none', () => {
    expect(() => settingsOf({ ADMIN_TOKEN: 'grafana=only-for-looking-at-it:read' })).toThrow(/^MULEGATE_ADMIN_TOKEN is missing/)
  })
})

test('the file wins over the variable, as it does for the gateway', () => {
  const file = join(tempFolder(), 'token')
  writeFileSync(file, `${TOKEN}\n`)
  expect(settingsOf({ ADMIN_TOKEN: 'the-token-that-does-not-count', ADMIN_TOKEN_FILE: file }).token).toBe(TOKEN)
})

test('what is said for the command line wins', () => {
  const own = { ADMIN_TOKEN: 'the-token-of-the-gateway-here', PORT: '8081' }
  expect(settingsOf({ ...own, MULEGATE_URL: 'http://elsewhere', MULEGATE_ADMIN_TOKEN: TOKEN })).toEqual({ url: 'http://elsewhere/', token: TOKEN })
  expect(settingsOf({ ...own, MULEGATE_ADMIN_TOKEN: TOKEN })).toEqual({ url: 'http://127.0.0.1:8081/', token: TOKEN })
})

test('a gateway elsewhere never gets the token of the one here', () => {
  expect(() => settingsOf({ ADMIN_TOKEN: TOKEN, MULEGATE_URL: 'http://elsewhere' })).toThrow(/^MULEGATE_ADMIN_TOKEN is missing/)
})
