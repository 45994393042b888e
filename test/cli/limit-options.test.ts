// The words that the command line knows itself are those of the gateway, and every command is in its document.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PERIODS, UNITS } from '../../src/cli/limit-options.ts'
import { QUOTA_PERIODS } from '../../src/teams/limits.ts'
import { cli } from '../support/cli.ts'

const NOWHERE = { origin: 'http://127.0.0.1:1', clock: { nowMs: () => 0, advance () {}, set () {} } }

test('periods and units are those of the gateway', () => {
  expect(PERIODS).toEqual(QUOTA_PERIODS)
  expect(UNITS).toEqual(['tasks', 'usd'])
})

/** The commands that a help lists. */
async function commandsOf (path: string[]): Promise<string[]> {
  const { stdout } = await cli(NOWHERE, [...path, '--help'])
  const [, list = ''] = stdout.split('\nCommands:\n')
  return [...list.split('\n\n')[0]?.matchAll(/^ {2}([a-z]+)/gm) ?? []].map(([, name = '']) => name).filter(name => name !== 'help')
}

test('docs/cli.md names every command, and every help has an example', async () => {
  const document = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const table = document.split('\n').filter(line => line.startsWith('| `'))
  const names = await commandsOf([])
  expect(names).toEqual(['team', 'key', 'usage', 'task', 'ledger', 'audit', 'apply', 'check'])
  for (const name of names) {
    const rows = table.filter(line => line.startsWith(`| \`${name}`)).join('\n')
    expect(rows, name).not.toBe('')
    expect((await cli(NOWHERE, [name, '--help'])).stdout, name).toContain(`$ mulegate ${name}`)
    for (const sub of await commandsOf([name])) {
      expect(rows, `${name} ${sub}`).toMatch(new RegExp(`\\b${sub}\\b`))
      expect((await cli(NOWHERE, [name, sub, '--help'])).stdout, `${name} ${sub}`).toContain(`$ mulegate ${name} ${sub}`)
    }
  }
})
