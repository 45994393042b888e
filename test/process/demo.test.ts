// The demo as a newcomer meets it: start it, paste what it prints, get a video.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { DEMO, startChild, type Child } from '../support/child.ts'
import { logLines } from '../support/gateway-process.ts'
import { portInUse } from '../support/port-in-use.ts'
import { closedPort, openSocket } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** A task completes within about 10 s, the contract says; a busy machine gets more. */
const COMPLETION_MS_MAX = 30_000
const LAST_LINE = 'Ctrl-C stops it.\n'

test('the demo gives a newcomer a video: three exports and a curl to paste, a task that completes, an MP4, and a clean end', async () => {
  const demo = startDemo({ PORT: '0' })
  const greeting = await greetingOf(demo)

  // What is printed is what is pasted.
  const exports = greeting.match(/^export .+$/gm) ?? []
  expect(exports.map(line => line.replace(/=.*/, ''))).toEqual(['export MULEGATE_URL', 'export MULEGATE_KEY', 'export MULEGATE_ADMIN_TOKEN'])
  const curls = greeting.match(/^curl .+$/gm) ?? []
  const [create = '', read = '', download = '', usage = ''] = curls
  expect(curls).toHaveLength(4)
  const paste = (command: string): Promise<string> => bash([...exports, command].join('\n'))

  // The first curl makes a task.
  const created = await paste(create)
  expect(created).toMatch(/^HTTP\/1\.1 202 /)
  const { task_info: { id } } = taskSchema.parse(JSON.parse(created.slice(created.indexOf('\r\n\r\n'))))

  // The second one reads it until it is completed.
  const readIt = read.replace('TASK_ID', id)
  expect(readIt).toContain(id)
  const beganMs = Date.now()
  let task = taskSchema.parse(JSON.parse(await paste(readIt)))
  while (task.task_info.status !== 'completed' && Date.now() - beganMs < COMPLETION_MS_MAX) task = taskSchema.parse(JSON.parse(await paste(readIt)))
  expect(task.task_info).toEqual(expect.objectContaining({ id, status: 'completed' }))

  // Its video is one.
  const [video = ''] = task.videos
  const folder = tempFolder()
  await paste(download.replace('VIDEO_URL', video).replace('video.mp4', join(folder, 'video.mp4')))
  const bytes = readFileSync(join(folder, 'video.mp4'))
  expect(bytes.toString('latin1', 4, 8)).toBe('ftyp')
  expect(bytes.length).toBeGreaterThan(10_000)

  // The last one says what is left of the budget, and the admin token opens the admin API.
  expect(JSON.parse(await paste(usage))).toMatchObject({
    team: 'demo', quotas: [{ per: 'day', unit: 'tasks', limit: 20, used: 1, remaining: 19 }, { per: 'month', unit: 'usd', used: '0.50', remaining: '9.50' }]
  })
  expect(JSON.parse(await paste('curl -s "$MULEGATE_URL/admin/v1/teams" -H "Authorization: Bearer $MULEGATE_ADMIN_TOKEN"'))).toMatchObject({ data: [{ id: 'demo' }] })
  const [report = ''] = greeting.match(/^npm run .+ usage$/m) ?? []
  expect(await paste(report)).toMatch(/^demo +1 +1 +0 +0 +0\.50 /m)

  // The log is where it says, has the task's life, and none of the secrets that were printed.
  const log = readFileSync(/^The log: (.+)$/m.exec(greeting)?.[1] ?? '', 'utf8')
  const life = logLines(log).filter(line => line['task_id'] === id).map(({ msg }) => msg)
  expect(life).toEqual(['task submitted', 'task completed'])
  for (const line of exports.slice(1)) expect(log).not.toContain(line.replace(/.*=/, ''))

  // Ctrl-C ends it, and nothing but the greeting was ever printed.
  demo.kill('SIGINT')
  expect(await demo.ended).toEqual({ code: 0, signal: null, stdout: greeting, stderr: '' })
  await expect(openSocket(originOf(greeting))).rejects.toThrow('ECONNREFUSED')
})

test('the demo listens on PORT, also when something wrong for the gateway is in its environment, and two of them live side by side', async () => {
  const port = await closedPort()
  const first = startDemo({ PORT: String(port), MULEROUTER_API_KEY: 'a real key', REDIS_URL: 'redis://127.0.0.1', DATABASE_PATH: '/nonexistent/file' })
  expect(originOf(await greetingOf(first))).toBe(`http://127.0.0.1:${port}`)

  const second = startDemo({ PORT: '0' })
  expect(await fetch(`${originOf(await greetingOf(second))}/readyz`)).toMatchObject({ status: 200 })

  first.kill('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0, stderr: '' })
})

test('a PORT in use, or none at all, ends the demo with one clear line', async () => {
  const port = await portInUse()
  expect(await startDemo({ PORT: String(port) }).ended).toEqual({
    code: 1, signal: null, stdout: '', stderr: expect.stringMatching(new RegExp(`^HOST, PORT cannot be listened on: [^\n]+127\\.0\\.0\\.1:${port}; [^\n]+PORT=\\d+\n$`))
  })
  expect(await startDemo({ PORT: 'http' }).ended).toEqual({
    code: 78, signal: null, stdout: '', stderr: expect.stringMatching(/^PORT must be a whole number [^\n]+for example 8080\n$/)
  })
})

const taskSchema = z.object({ task_info: z.object({ id: z.string(), status: z.string() }), videos: z.array(z.url()).default([]) })

/** A demo that keeps its files in a folder of the test's own. */
function startDemo (env: Record<string, string>): Child {
  const cwd = tempFolder()
  return startChild(DEMO, { cwd, env: { TMPDIR: cwd, ...env } })
}

async function greetingOf (demo: Child): Promise<string> {
  const { input } = await demo.printed(new RegExp(`${LAST_LINE}$`))
  return input
}

function originOf (greeting: string): string {
  return /^export MULEGATE_URL=(.+)$/m.exec(greeting)?.[1] ?? ''
}

/** What a terminal would show on stdout. Throws if the command fails. */
async function bash (script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: { PATH: process.env['PATH'] } })
  return stdout
}
