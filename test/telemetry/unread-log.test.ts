// A log whose reader goes away, as when a collector of logs is started anew: said once, kept for the next reader up to a bound, and no line is joined to another.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../../src/telemetry/log.ts'
import { eventually } from '../support/eventually.ts'
import { tempFolder } from '../support/temp-folder.ts'

const KEPT_MAX = 1_048_576
const UNWRITTEN = 'the log cannot be written: EPIPE: broken pipe, write'

/** A log into a named pipe, what it complained of, and its first reader. */
async function pipedLog (command = 'cat') {
  const folder = tempFolder()
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const complaints: string[] = []
  const first = startReader(pipe, { command, into: join(folder, 'first') })
  // Whoever opens a pipe to write waits until somebody has opened it to read.
  const log = openLog({ level: 'info', destination: pipe, complain: complaint => { complaints.push(complaint) } })
  const nextReader = () => {
    const next = startReader(pipe, { into: join(folder, 'next') })
    closeSync(openSync(pipe, 'w'))
    return next
  }
  return { log, complaints, first, nextReader }
}

/** A process of its own: it reads while the thread that writes waits for it. */
function startReader (pipe: string, { command = 'cat', into }: { command?: string, into: string }) {
  writeFileSync(into, '')
  const reader = spawn('sh', ['-c', `exec ${command} < "$0" > "$1"`, pipe, into], { stdio: 'ignore' })
  const gone = once(reader, 'exit')
  const leave = async (): Promise<void> => {
    reader.kill('SIGKILL')
    await gone
  }
  onTestFinished(leave)
  return {
    gone,
    leave,
    /** the lines so far, as soon as there is one with these words */
    async read (words: string): Promise<string[]> {
      const text = (): string => readFileSync(into, 'utf8')
      await eventually(() => text().includes(words) && text().endsWith('\n'), `somebody reads ${words}`)
      return text().trimEnd().split('\n')
    }
  }
}

test('what is logged while nobody reads is announced once, and the next reader gets it, whole and in order', async () => {
  const { log, complaints, first, nextReader } = await pipedLog()
  log.info({}, 'read')
  await first.read('read')
  await first.leave()
  for (let number = 0; number < 3; number++) log.info({ number }, 'unread')
  expect(complaints).toEqual([UNWRITTEN])

  const next = nextReader()
  log.info({}, 'read again')
  const lines = (await next.read('read again')).map(line => JSON.parse(line))
  expect(lines.map(({ msg, number }) => [msg, number])).toEqual([['unread', 0], ['unread', 1], ['unread', 2], ['read again', undefined]])
  expect(complaints).toEqual([UNWRITTEN, 'the log is written again; lines lost: 0'])
})

test('what is kept while nobody reads is bounded: later lines are lost and counted, and the log goes on with the next reader', async () => {
  const { log, complaints, first, nextReader } = await pipedLog()
  await first.leave()
  const padding = 'x'.repeat(900)
  for (let number = 0; number < 3000; number++) log.info({ number, padding }, 'unread')
  expect(complaints).toEqual([UNWRITTEN])

  const next = nextReader()
  log.info({}, 'read again')
  const lines = await next.read('read again')
  const kept = lines.slice(0, -1)
  expect(kept.map(line => JSON.parse(line).number)).toEqual(kept.map((_, number) => number))
  const length = kept.reduce((sum, line) => sum + line.length + 1, 0)
  expect(length).toBeGreaterThanOrEqual(KEPT_MAX)
  expect(length).toBeLessThan(KEPT_MAX + 1000)
  expect(complaints).toEqual([UNWRITTEN, `the log is written again; lines lost: ${3000 - kept.length}`])

  await next.leave()
  log.info({}, 'unread')
  expect(complaints.slice(2)).toEqual([UNWRITTEN])
})

test('a line that its reader left in the middle ends before the next one begins', async () => {
  // Longer than what a pipe holds, so that the line is being written when the reader goes.
  const { log, complaints, first, nextReader } = await pipedLog('head -c 100000')
  log.info({ padding: 'x'.repeat(500_000) }, 'half read')
  await first.gone
  expect(complaints).toEqual([UNWRITTEN])
  log.info({}, 'unread')

  const next = nextReader()
  log.info({}, 'read again')
  const [half, ...lines] = await next.read('read again')
  expect(half).toMatch(/^x+","msg":"half read"}$/)
  expect(lines.map(line => JSON.parse(line).msg)).toEqual(['unread', 'read again'])
})

test('a full disk is announced once', () => {
  const complaints: string[] = []
  const log = openLog({ level: 'info', destination: '/dev/full', complain: complaint => { complaints.push(complaint) } })
  log.info({}, 'first')
  log.info({}, 'second')
  expect(complaints).toEqual(['the log cannot be written: ENOSPC: no space left on device, write'])
})
