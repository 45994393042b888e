// The examples for operators do what they say, pasted as they stand, against the demo that they are written for.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DEMO, startChild } from '../support/child.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { blocksOf } from './read-page.ts'

const PAGE = 'docs/operators.md'
const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test('the shell blocks for operators, one after the other, make teams and keys, by command and by file, report, check, verify and look back', async () => {
  const folder = tempFolder()
  const { printed } = startChild(DEMO, { cwd: folder, env: { TMPDIR: folder, PORT: '0' } })
  const [, url, token] = await printed(/^export MULEGATE_URL=(.+)\n(?:.*\n)*?export MULEGATE_ADMIN_TOKEN=(.+)\n/m)
  const [teams = ''] = blocksOf(PAGE, 'yaml')
  writeFileSync(join(folder, 'teams.yaml'), teams)
  // What npm would do with `npm run --silent cli -- …`, from a folder that has no package.
  const npm = `npm() { shift 4; '${process.execPath}' '${CLI}' "$@"; }`
  const blocks = blocksOf(PAGE, 'sh').filter(block => !block.includes('…'))

  const { stdout } = await promisify(execFile)('bash', ['-e', '-c', [npm, ...blocks].join('\n')], {
    cwd: folder, env: { PATH: process.env['PATH'], MULEGATE_URL: url, MULEGATE_ADMIN_TOKEN: token }
  })
  expect(stdout).toContain('Usage: mulegate')
  expect(stdout).toMatch(/^ads +Advertising +Europe\/Berlin +enabled .*quota day:tasks 30/m)
  expect(stdout).toContain('3 changes to make; nothing was changed yet.')
  expect(stdout.match(/^ok {6}/gm), stdout).toHaveLength(6)
  expect(stdout).toMatch(/^differences +0$/m)
  expect(stdout).toMatch(/ key\.minted +video /)
  const written = (name: string): string => readFileSync(join(folder, name), 'utf8')
  expect(written('render-farm.key')).toMatch(/^mg_live_\w{36}\n$/)
  expect(written('new-keys.tsv')).toMatch(/^video\tnightly\tmg_live_\w{36}\nvideo\ttrial\tmg_test_\w{36}\n$/)
  expect(written('november.csv')).toMatch(/^team,model,day,tasks,/)
})
