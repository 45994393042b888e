// Redis and the gateway are killed while creates are under way in the composed stack; afterwards the account must add up.
//   npm run test:chaos      needs a Docker engine; one minute
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { GENERATION, makeTeam, say, startStack } from './stack.ts'

const PORT = 18080
const CALLERS = 24
/** How long the simulator takes to answer: so that a kill meets creates that are upstream. */
const ANSWER_MS = 300
const ROUNDS = 3
const BETWEEN_MS = 2000
/** of a caller, so that there are some hundred tasks a round and not thousands */
const PAUSE_MS = 50
const AWAY_MS = 1500
const BACK_MS = 30_000
/** Longer than the deadline of a submission (twice UPSTREAM_TIMEOUT_MS and five seconds), and a task's life. */
const SETTLED_MS = 60_000

const accepted = z.object({ task_info: z.object({ id: z.string() }) })
const refused = z.looseObject({ code: z.string() })
const taskList = z.object({ data: z.array(z.object({ task_id: z.string().nullable(), status: z.string(), money: z.string() })) })
const usage = z.object({ in_flight: z.object({ used: z.number() }), quotas: z.array(z.object({ used: z.number() })) })

const stack = await startStack(['docker-compose.yml', 'docker/simulator.yml', 'test/docker/chaos.yml'], { port: PORT })
try {
  const key = await makeTeam(stack)
  const load = createAllTheTime(key)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const service of ['redis', 'gateway']) await killAndStart(service, load.answers)
  }
  await delay(BETWEEN_MS)
  await load.stop()
  say(`answers to ${CALLERS} callers: ${JSON.stringify(countsOf(load.answers))}`)
  const wrong = await audit(key, load.ids)
  for (const line of wrong) say(`WRONG: ${line}`)
  process.exitCode = wrong.length === 0 ? 0 : 1
  say(wrong.length === 0 ? 'the account adds up' : 'the account does not add up')
} finally {
  await stack.down()
}

/** Callers that create one task after the other, whatever becomes of it. */
function createAllTheTime (key: string): { answers: string[], ids: string[], stop (): Promise<void> } {
  const [answers, ids]: [string[], string[]] = [[], []]
  const end = new AbortController()
  const call = async (prompt: string): Promise<string> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const response = await fetch(`${stack.origin}${GENERATION}`, { method: 'POST', headers, body: JSON.stringify({ prompt, size: '832*480' }) })
    const body: unknown = await response.json()
    if (response.status !== 202) return `${response.status} ${refused.parse(body).code}`
    ids.push(accepted.parse(body).task_info.id)
    return '202'
  }
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let count = 0; !end.signal.aborted; count++) {
      answers.push(await call(`[[late=${ANSWER_MS}]] cat ${count} of caller ${caller}`).catch(() => 'connection lost'))
      await delay(PAUSE_MS)
    }
  })
  return { answers, ids, async stop () { end.abort(); await Promise.all(callers) } }
}

async function killAndStart (service: string, answers: readonly string[]): Promise<void> {
  await delay(BETWEEN_MS)
  const before = countsOf(answers)['202'] ?? 0
  await stack.kill(service, 'KILL')
  await delay(AWAY_MS)
  await stack.compose('start', service)
  const sinceMs = Date.now()
  await stack.until('the gateway is ready', BACK_MS, async () => (await fetch(`${stack.origin}/readyz`)).ok)
  say(`${service} killed after ${before} accepted creates; ready again ${Date.now() - sinceMs} ms after its start`)
}

/** @returns what is not as it must be */
async function audit (key: string, answered: readonly string[]): Promise<string[]> {
  const used = async (): Promise<z.output<typeof usage>> => usage.parse(await (await fetch(`${stack.origin}/v1/usage`, { headers: { authorization: `Bearer ${key}` } })).json())
  await stack.until('no task is under way', SETTLED_MS, async () => (await used()).in_flight.used === 0)
  const known = taskList.parse(JSON.parse(await stack.mulegate('task', 'list', '--all', '--json'))).data
  const upstream = await stack.received()
  const knownIds = new Set(known.map(({ task_id: id }) => id))
  const unseen = upstream.task_ids.filter(id => !knownIds.has(id))
  const charged = known.filter(({ money }) => money !== 'refunded')
  const unknown = charged.filter(({ status }) => status === 'unknown')
  const [total] = (await used()).quotas
  const verdict = await stack.mulegate('ledger', 'verify').catch((error: Error) => error.message)
  say(`upstream: ${upstream.creates} creates arrived, ${upstream.accepted} tasks made`)
  say(`ledger: ${JSON.stringify(countsOf(known.map(({ status, money }) => `${status} ${money}`)))}; used ${total?.used}`)
  say(`tasks that only upstream knows: ${unseen.length}, of ${unknown.length} held unknown outcomes`)
  say(`ledger verify: ${verdict.trim().replaceAll(/\s+/g, ' ')}`)
  return [
    [upstream.creates === upstream.accepted && new Set(upstream.task_ids).size === upstream.accepted, 'upstream counts otherwise than was thought'],
    [answered.every(id => knownIds.has(id)), 'a caller was given a task that the ledger does not know'],
    [[...knownIds].every(id => id === null || upstream.task_ids.includes(id)), 'the ledger knows a task that upstream does not'],
    [unseen.length <= unknown.length, 'a task that upstream made is held by nobody'],
    [charged.length === upstream.accepted - unseen.length + unknown.length, 'the charge is not for what upstream made, and what may be'],
    [total?.used === charged.length, 'used is not the number of charged tasks'],
    [/differences +0\n/.test(verdict), 'ledger verify finds differences'],
    [answered.length > 0 && upstream.accepted > 0, 'nothing happened']
  ].flatMap(([isRight, what]) => isRight ? [] : [String(what)])
}

function countsOf (words: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(Object.groupBy(words, word => word)).map(([word, all]) => [word, all?.length ?? 0]))
}
