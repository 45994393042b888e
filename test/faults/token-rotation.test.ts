// The upstream token is changed in its file while creates and reads are under way, and nobody notices; tasks of the old one are followed to their ends.
import { renameSync, truncateSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/kernel/secret.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { eventually } from '../support/eventually.ts'
import { startGateway, UPSTREAM_TOKEN, type Gateway, type Reply } from '../support/gateway.ts'
import { ledgerForTest } from '../support/ledger-for-test.ts'
import { present } from '../support/present.ts'
import { providerError, startUpstream, taskAnswer } from '../support/scripted-upstream.ts'
import { tempFolder } from '../support/temp-folder.ts'

const NEW_TOKEN = `${UPSTREAM_TOKEN}-new`

type Rotating = { gateway: Gateway, key: string, file: string, write (content: string): void, calls (): string[] }

/** A gateway whose token is in a file. Only inside a test. */
async function start (env: Record<string, string> = {}): Promise<Rotating> {
  const file = join(tempFolder(), 'token')
  writeFileSync(file, `${UPSTREAM_TOKEN}\n`)
  const gateway = await startGateway({ MULEROUTER_API_KEY_FILE: file, STATUS_MAX_AGE_MS: '200', ...env })
  onTestFinished(() => gateway.stop())
  gateway.simulator.token({ token: NEW_TOKEN, account_of: UPSTREAM_TOKEN })
  return {
    gateway,
    file,
    key: (await gateway.team()).key,
    write (content) {
      writeFileSync(`${file}.next`, content)
      renameSync(`${file}.next`, file)
    },
    calls: () => gateway.simulator.received.requests.map(({ method, headers }) => `${method} ${headers['authorization'] === `Bearer ${NEW_TOKEN}` ? 'new' : 'old'}`)
  }
}

/** Creates and reads without a pause, by four callers, until they are stopped. */
function load ({ gateway, key }: Rotating): { replies: Reply[], stop (): Promise<void> } {
  const replies: Reply[] = []
  const end = new AbortController()
  onTestFinished(() => end.abort())
  const callers = Array.from({ length: 4 }, async () => {
    while (!end.signal.aborted) {
      const created = await gateway.create(key)
      replies.push(created)
      gateway.clock.advance(250)
      if (created.status === 202) replies.push(await gateway.read(key, created.json.task_info.id))
    }
  })
  return {
    replies,
    async stop () {
      end.abort()
      await Promise.all(callers)
    }
  }
}

for (const [how, revoke] of [['after the file was changed', 'after'], ['in the same moment', 'at once']] as const) {
  test(`a token that is rotated under load, and revoked ${how}, fails no create and no read`, async () => {
    const rotating = await start()
    const { gateway: { simulator }, write, calls } = rotating
    const running = load(rotating)
    await eventually(() => running.replies.length > 40, 'creates and reads were answered')
    write(NEW_TOKEN)
    if (revoke === 'after') await eventually(() => calls().includes('POST new'), 'the new token was used')
    simulator.token({ token: UPSTREAM_TOKEN, refuse: 401 })
    const sofar = running.replies.length
    await eventually(() => running.replies.length > sofar + 80, 'creates and reads are answered')
    await running.stop()
    expect(new Set(running.replies.map(({ status }) => status))).toEqual(new Set([200, 202]))
    expect(calls().at(-1)).toMatch(/new$/)
  })
}

test('the next create uses the new token, and the log names both by their fingerprints', async () => {
  const { gateway, key, write, calls } = await start()
  await gateway.create(key)
  write(NEW_TOKEN)
  await gateway.create(key)
  expect(calls()).toEqual(['POST old', 'POST new'])
  expect(gateway.log().filter(({ msg }) => msg === 'secret rotated')).toMatchObject([{
    level: 'info', variable: 'MULEROUTER_API_KEY_FILE', from: [new Secret(UPSTREAM_TOKEN).fingerprint()], to: [new Secret(NEW_TOKEN).fingerprint()]
  }])
})

test('a bad file is noticed although nobody calls, said once, and the old token goes on', async () => {
  const { gateway, key, file, calls } = await start()
  truncateSync(file)
  const refusals = (): object[] => gateway.log().filter(({ msg }) => msg === 'secret file refused, the old secret is kept')
  await eventually(() => refusals().length > 0, 'the log says it')
  for (let create = 0; create < 5; create++) expect((await gateway.create(key)).status).toBe(202)
  expect(calls()).toEqual(Array.from({ length: 5 }, () => 'POST old'))
  expect(refusals()).toMatchObject([{ level: 'error', variable: 'MULEROUTER_API_KEY_FILE', problem: 'is empty' }])
})

test('a task of a token that is in the file no more is read and deleted with it, as long as it is accepted', async () => {
  const { gateway, key, write, calls } = await start()
  const { json: { task_info: { id } } } = await gateway.create(key)
  write(NEW_TOKEN)
  gateway.clock.advance(1000)
  expect((await gateway.read(key, id)).json.task_info.status).toBe('pending')
  expect((await gateway.call('DELETE', `/generation/${id}`, { key })).status).toBe(200)
  expect(calls()).toEqual(['POST old', 'GET old', 'GET old', 'DELETE old'])
})

test('when it is refused as well, the new one of the same account takes over its tasks, and the old one is asked no more', async () => {
  const { gateway, key, write, calls } = await start()
  const [one, other] = [await gateway.create(key), await gateway.create(key)]
  write(NEW_TOKEN)
  gateway.simulator.token({ token: UPSTREAM_TOKEN, refuse: 401 })
  gateway.clock.advance(1000)
  expect((await gateway.read(key, one.json.task_info.id)).json.task_info.status).toBe('pending')
  expect((await gateway.call('DELETE', `/generation/${other.json.task_info.id}`, { key })).status).toBe(200)
  expect(calls().slice(2)).toEqual(['GET old', 'GET new', 'GET new', 'GET new', 'DELETE new'])
  expect(gateway.log().filter(({ msg }) => msg === 'retired upstream token refused')).toHaveLength(1)
})

test('after a restart without the old token the pool is tried for its tasks, and who sees them is remembered', async () => {
  const folder = tempFolder()
  const simulator = await startSimulator({ tokens: [UPSTREAM_TOKEN, `${UPSTREAM_TOKEN}-stranger`], pendingMs: 3_600_000, processingMs: 0, now: () => Date.parse('2026-11-22T12:00:00Z') })
  onTestFinished(() => simulator.close())
  simulator.token({ token: NEW_TOKEN, account_of: UPSTREAM_TOKEN })
  const ledger = ledgerForTest(folder)
  onTestFinished(() => ledger.drop())
  const env = { ...ledger.env, MULEROUTER_BASE_URL: simulator.origin, STATUS_MAX_AGE_MS: '200' }

  const before = await startGateway(env)
  const { key } = await before.team()
  const ids: string[] = []
  for (let index = 0; index < 3; index++) ids.push((await before.create(key)).json.task_info.id)
  await before.stop()

  const after = await startGateway({ ...env, MULEROUTER_API_KEY: `${UPSTREAM_TOKEN}-stranger,${NEW_TOKEN}` })
  onTestFinished(() => after.stop())
  const from = simulator.received.requests.length
  after.clock.advance(1000)
  for (const id of ids) expect((await after.read(key, id)).json.task_info.status).toBe('pending')
  expect((await after.call('DELETE', `/generation/${ids[0]}`, { key })).status).toBe(200)
  const calls = simulator.received.requests.slice(from).map(({ method, headers }) => `${method} ${headers['authorization']?.replace(`Bearer ${UPSTREAM_TOKEN}-`, '')}`)
  expect(calls).toEqual(['GET stranger', 'GET new', 'GET new', 'GET new', 'GET new', 'GET new', 'DELETE new'])
})

test('a task that only strangers can be asked about is never called missing, and never deleted by one of them', async () => {
  const { gateway, key, write } = await start({ MULEROUTER_API_KEY: UPSTREAM_TOKEN })
  const { json: { task_info: { id } } } = await gateway.create(key)
  gateway.simulator.token({ token: `${UPSTREAM_TOKEN}-stranger` })
  write(`${UPSTREAM_TOKEN}-stranger`)
  gateway.simulator.token({ token: UPSTREAM_TOKEN, refuse: 401 })
  for (let look = 0; look < 5; look++) {
    gateway.clock.advance(600_000)
    expect((await gateway.read(key, id)).json.task_info.status).toBe('pending')
  }
  expect(await gateway.call('DELETE', `/generation/${id}`, { key })).toMatchObject({ status: 502, json: { code: 'upstream_credentials' } })
  expect(gateway.simulator.received.deletes).toBe(0)
  expect(gateway.log().filter(({ msg }) => msg === 'task missing upstream')).toEqual([])
})

test('a 403 to a create that was under way when its token was taken away is about the create: the tasks of that token are still read with it', async () => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(taskAnswer(202, 'task-1'))
  onTestFinished(() => upstream.close())
  const { gateway, key, write } = await start({ MULEROUTER_BASE_URL: upstream.origin })
  expect((await gateway.create(key)).status).toBe(202)

  upstream.script = response => { held.push(response) }
  const forbidden = gateway.create(key, { prompt: 'what this account may not make' })
  await eventually(() => held.length === 1, 'the create is under way')
  write(NEW_TOKEN)
  gateway.clock.advance(1000)
  upstream.script = taskAnswer(200, 'task-1', 'processing')
  await gateway.read(key, 'task-1')
  upstream.script = providerError(403)
  for (const response of held) providerError(403)(response, present(upstream.requests[1]))
  expect((await forbidden).status).toBe(502)

  upstream.script = taskAnswer(200, 'task-1', 'processing')
  gateway.clock.advance(1000)
  await gateway.read(key, 'task-1')
  expect(upstream.requests.at(-1)).toMatchObject({ method: 'GET', headers: { authorization: `Bearer ${UPSTREAM_TOKEN}` } })
})
