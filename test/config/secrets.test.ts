// The three secrets: how they are given, and that no way of printing the configuration shows them.
import { mkdirSync } from 'node:fs'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { problemsOf, problemsOfAll, read, temporaryFile } from './read-config.ts'

const ADMIN_TOKEN = 'sixteen-letters!'

function tokensOf (config: Config): string[] {
  return config.upstreamTokens.map(token => token.reveal())
}

function adminsOf (config: Config): object[] {
  return config.adminTokens.map(({ name, token, readOnly }) => ({ name, token: token.reveal(), readOnly }))
}

const pools: Record<string, string[]> = {
  'one-token': ['one-token'],
  '  one-token \n': ['one-token'],
  'first,second': ['first', 'second'],
  'first, second ,third,': ['first', 'second', 'third'],
  'first\nsecond\n': ['first', 'second'],
  'first\r\n\r\nsecond,third': ['first', 'second', 'third']
}

for (const [text, tokens] of Object.entries(pools)) {
  test(`MULEROUTER_API_KEY=${JSON.stringify(text)} is a pool of ${tokens.length}: ${tokens.join(' and ')}`, () => {
    expect(tokensOf(read({ MULEROUTER_API_KEY: text }))).toEqual(tokens)
  })
}

for (const text of ['two words', ',', 'tökén', `good,${'x'.repeat(513)}`]) {
  test(`MULEROUTER_API_KEY=${JSON.stringify(text.slice(0, 12))} is refused by one line that names it and gives an example`, () => {
    expect(problemsOfAll({ MULEROUTER_API_KEY: text })).toEqual([expect.stringMatching(/^MULEROUTER_API_KEY must be .+for example MULEROUTER_API_KEY=/)])
  })
}

for (const text of [undefined, '', '  ', '\n']) {
  test(`MULEROUTER_API_KEY=${JSON.stringify(text)} counts as unset, which is refused`, () => {
    expect(problemsOfAll({ MULEROUTER_API_KEY: text })).toEqual([expect.stringMatching(/^MULEROUTER_API_KEY is required.+for example/)])
  })
}

test('without ADMIN_TOKEN nobody is an administrator', () => {
  expect(read().adminTokens).toEqual([])
  expect(read({ ADMIN_TOKEN: '' }).adminTokens).toEqual([])
})

test('a bare ADMIN_TOKEN of sixteen characters is that of admin', () => {
  expect(adminsOf(read({ ADMIN_TOKEN }))).toEqual([{ name: 'admin', token: ADMIN_TOKEN, readOnly: false }])
})

test('lines of ADMIN_TOKEN name who holds which token, and which may only read', () => {
  const text = `alice=${ADMIN_TOKEN}-alice\n\n  grafana=${ADMIN_TOKEN}-grafana:read\r\nci.bot_2=${ADMIN_TOKEN}=/x\n`
  expect(adminsOf(read({ ADMIN_TOKEN: text }))).toEqual([
    { name: 'alice', token: `${ADMIN_TOKEN}-alice`, readOnly: false },
    { name: 'grafana', token: `${ADMIN_TOKEN}-grafana`, readOnly: true },
    { name: 'ci.bot_2', token: `${ADMIN_TOKEN}=/x`, readOnly: false }
  ])
})

const badAdminTokens: Record<string, string> = {
  'has fifteen characters': 'fifteen-letters',
  'has a space': 'a token with spaces in it',
  'has a named line that is too short': 'alice=short',
  'has a line that may only read and is too short': `alice=${ADMIN_TOKEN}\nbob=short:read`,
  'has two lines without names': `${ADMIN_TOKEN}-1\n${ADMIN_TOKEN}-2`,
  'has a right that there is not': `alice=${ADMIN_TOKEN}\nbob=${ADMIN_TOKEN}-bob:READ`,
  'has a right and no name': `${ADMIN_TOKEN}:read`,
  'has two in one line': `alice=${ADMIN_TOKEN},bob=${ADMIN_TOKEN}-bob`,
  'has a name with a space': `alice smith=${ADMIN_TOKEN}`
}

for (const [what, text] of Object.entries(badAdminTokens)) {
  test(`an ADMIN_TOKEN that ${what} is refused by one line that names it and gives an example`, () => {
    expect(problemsOf({ ADMIN_TOKEN: text })).toEqual([expect.stringMatching(/^ADMIN_TOKEN must be a token of at least 16 characters.+for example ADMIN_TOKEN=/)])
  })
}

test.each([
  ['a name that stands twice', `alice=${ADMIN_TOKEN}-1\nalice=${ADMIN_TOKEN}-2`, 'a name of its own'],
  ['a token that two names have, because nobody could tell who did what, and might do it', `alice=${ADMIN_TOKEN}\nbob=${ADMIN_TOKEN}:read`, 'a holder of its own']
])('%s is refused', (_what, text, hint) => {
  expect(problemsOf({ ADMIN_TOKEN: text })).toEqual([expect.stringContaining(`ADMIN_TOKEN must give each token ${hint}, for example ADMIN_TOKEN=`)])
})

test('an empty REDIS_URL and an empty REDIS_URL_FILE count as unset', () => {
  expect(read({ REDIS_URL: '', REDIS_URL_FILE: '' })).toEqual(read())
})

test('MULEROUTER_API_KEY_FILE wins over the variable, is trimmed, and may hold a pool', () => {
  const file = temporaryFile('\n  from-the-file-1\nfrom-the-file-2 \n\n')
  expect(tokensOf(read({ MULEROUTER_API_KEY: 'from-the-variable', MULEROUTER_API_KEY_FILE: file }))).toEqual(['from-the-file-1', 'from-the-file-2'])
  expect(tokensOf(read({ MULEROUTER_API_KEY: undefined, MULEROUTER_API_KEY_FILE: file }))).toEqual(['from-the-file-1', 'from-the-file-2'])
})

test('ADMIN_TOKEN_FILE wins over the variable, is trimmed, and may hold lines', () => {
  const file = temporaryFile(`alice=${ADMIN_TOKEN}\nbob=${ADMIN_TOKEN}-bob:read\n`)
  expect(adminsOf(read({ ADMIN_TOKEN: `${ADMIN_TOKEN}-of-the-variable`, ADMIN_TOKEN_FILE: file }))).toEqual([
    { name: 'alice', token: ADMIN_TOKEN, readOnly: false },
    { name: 'bob', token: `${ADMIN_TOKEN}-bob`, readOnly: true }
  ])
})

test('REDIS_URL_FILE wins over the variable, and is trimmed', () => {
  const file = temporaryFile('\n rediss://:of-the-file@redis.internal:6380/1 \n')
  expect(read({ REDIS_URL: 'redis://127.0.0.1', REDIS_URL_FILE: file }).redisUrl?.reveal()).toBe('rediss://:of-the-file@redis.internal:6380/1')
  expect(read({ REDIS_URL_FILE: file }).redisUrl?.reveal()).toBe('rediss://:of-the-file@redis.internal:6380/1')
})

test('an empty …_FILE counts as unset, and the variable holds', () => {
  expect(tokensOf(read({ MULEROUTER_API_KEY: 'from-the-variable', MULEROUTER_API_KEY_FILE: '' }))).toEqual(['from-the-variable'])
})

for (const name of ['MULEROUTER_API_KEY', 'REDIS_URL', 'ADMIN_TOKEN']) {
  test(`${name}_FILE that cannot be read is one problem, even beside a good variable, and the line names it and gives an example`, () => {
    const missing = temporaryFile()
    const expected = [expect.stringMatching(new RegExp(`^${name}_FILE names a file that cannot be read \\(ENOENT\\), for example ${name}_FILE=/`))]
    expect(problemsOf({ [`${name}_FILE`]: missing })).toEqual(expected)
    expect(problemsOf({ MULEROUTER_API_KEY: 'good', ADMIN_TOKEN, [`${name}_FILE`]: missing })).toEqual(expected)
  })

  test(`${name}_FILE that is a folder is one problem`, () => {
    const folder = temporaryFile()
    mkdirSync(folder)
    expect(problemsOf({ [`${name}_FILE`]: folder })).toEqual([expect.stringMatching(new RegExp(`^${name}_FILE names a file that cannot be read \\(EISDIR\\)`))])
  })
}

test('MULEROUTER_API_KEY_FILE alone, and unreadable, is not also reported as a missing variable', () => {
  expect(problemsOfAll({ MULEROUTER_API_KEY_FILE: temporaryFile() })).toEqual([expect.stringMatching(/^MULEROUTER_API_KEY_FILE /)])
})

test('an empty file of a secret is a problem, even beside a good variable', () => {
  const file = temporaryFile(' \n\n')
  expect(problemsOf({ MULEROUTER_API_KEY: 'good', MULEROUTER_API_KEY_FILE: file })).toEqual([expect.stringMatching(/^MULEROUTER_API_KEY.+for example/)])
  expect(problemsOf({ ADMIN_TOKEN, ADMIN_TOKEN_FILE: file })).toEqual([expect.stringMatching(/^ADMIN_TOKEN.+for example/)])
  expect(problemsOf({ REDIS_URL: 'redis://127.0.0.1', REDIS_URL_FILE: file })).toEqual([expect.stringMatching(/^REDIS_URL.+for example/)])
})

test('no way of printing the configuration shows a secret', () => {
  const config = read({
    MULEROUTER_API_KEY: 'canary-upstream-1,canary-upstream-2',
    REDIS_URL: 'rediss://canary-user:canary-password@redis.internal',
    ADMIN_TOKEN: 'alice=canary-admin-0123456\nbob=canary-admin-6543210:read'
  })

  expect(tokensOf(config)).toEqual(['canary-upstream-1', 'canary-upstream-2'])
  expect(adminsOf(config)).toHaveLength(2)
  expect(config.redisUrl?.reveal()).toContain('canary')
  const printed = [inspect(config, { depth: null, showHidden: true }), JSON.stringify(config), `${config.upstreamTokens} ${config.redisUrl}`, String(config.adminTokens[0]?.token)]
  for (const text of printed) expect(text).not.toContain('canary')
})

const canary = 'canary-3b9d'

test('no line of a problem shows the secret that was malformed, or another variable\'s', () => {
  const environment = {
    MULEROUTER_API_KEY: `${canary} with spaces`,
    ADMIN_TOKEN: `alice=${canary}\n${canary}`,
    REDIS_URL: `redis://user:${canary}@redis.internal/zero`,
    REDIS_SENTINEL: `mymaster@${canary}@sentinel:26379`,
    REDIS_TLS_CA_FILE: temporaryFile(canary),
    REDIS_KEY_PREFIX: `${canary} with spaces`,
    MULEROUTER_BASE_URL: `https://user:${canary}@api.mulerouter.ai`,
    HTTPS_PROXY: `user:${canary}@proxy.internal`,
    PORT: canary,
    LOG_LEVEL: canary,
    TRUST_PROXY: canary,
    PRICE_FILE: temporaryFile(canary)
  }
  const problems = problemsOfAll(environment)
  expect(problems).toHaveLength(Object.keys(environment).length)
  expect(problems.join('\n')).not.toContain(canary)
})

for (const url of [`redis://:${canary}@redis internal`, `redis://:#${canary}@redis.internal`, `:${canary}@redis.internal:6379`, `http://:${canary}@redis.internal`]) {
  test(`no line of a problem shows the password of REDIS_URL=${url}`, () => {
    const problems = problemsOf({ REDIS_URL: url })
    expect(problems).toHaveLength(1)
    expect(problems.join('\n')).not.toContain(canary)
  })
}

test('no line of a problem shows the content of a secret\'s file', () => {
  const file = temporaryFile(`${canary} ${canary}`)
  const problems = problemsOf({ MULEROUTER_API_KEY_FILE: file, ADMIN_TOKEN_FILE: file, REDIS_URL_FILE: file })
  expect(problems).toHaveLength(3)
  expect(problems.join('\n')).not.toContain(canary)
})
