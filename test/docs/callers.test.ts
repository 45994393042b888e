// The examples for callers do what they say, pasted as they stand, against the demo that they are written for.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { DEMO, startChild } from '../support/child.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { blocksOf } from './read-page.ts'

const PAGE = 'docs/callers.md'

test('the shell blocks for callers, one after the other, create, read, download, follow, look and delete', async () => {
  const { folder, env } = await startDemo()
  const { stdout } = await promisify(execFile)('bash', ['-e', '-c', blocksOf(PAGE, 'sh').join('echo\n')], { cwd: folder, env })
  const said = stdout.split('\n').filter(line => line !== '')
  expect(said).toEqual([
    expect.stringContaining('"status":"pending"'),
    expect.stringContaining('"status":"completed"'),
    'retry: 3000', expect.stringMatching(/^id: \d+$/), 'event: task', expect.stringContaining('"status":"completed"'),
    expect.stringMatching(/"dry_run":true.*"price_usd":"0\.10","admitted":true/),
    expect.stringMatching(/"team":"demo".*"limit":"10\.00","used":"0\.10".*"data":\[\{"task_ref"/),
    expect.stringContaining('"deleted_at"')
  ])
  expectVideo(folder)
})

test('the Node block for callers makes a video', async () => {
  const { folder, env } = await startDemo()
  const [block = '', ...more] = blocksOf(PAGE, 'js')
  expect(more).toEqual([])
  writeFileSync(join(folder, 'example.mjs'), block)
  expect(await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: folder, env })).toEqual({ stdout: '', stderr: '' })
  expectVideo(folder)
})

async function startDemo (): Promise<{ folder: string, env: Record<string, string | undefined> }> {
  const folder = tempFolder()
  const { printed } = startChild(DEMO, { cwd: folder, env: { TMPDIR: folder, PORT: '0' } })
  const [, url, key] = await printed(/^export MULEGATE_URL=(.+)\nexport MULEGATE_KEY=(.+)\n/m)
  return { folder, env: { PATH: process.env['PATH'], MULEGATE_URL: url, MULEGATE_KEY: key } }
}

function expectVideo (folder: string): void {
  expect(readFileSync(join(folder, 'video.mp4')).toString('latin1', 4, 8)).toBe('ftyp')
}
