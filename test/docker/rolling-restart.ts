// Each of two gateways behind the balancer is restarted, then replaced, under steady creates, reads and waits: no request may fail.
//   npm run test:rolling    needs a Docker engine; one minute
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { GENERATION, makeTeam, say, startStack } from './stack.ts'

const PORT = 18081
const CALLERS = 12
/** So that the front door's 6000 calls a minute are for all of them. */
const PAUSE_MS = 100
const GATEWAYS = ['gateway', 'gateway-2']
const WHOLE_MS = 30_000
const SETTLED_MS = 60_000

const accepted = z.object({ task_info: z.object({ id: z.string() }) })
const usage = z.object({ in_flight: z.object({ used: z.number() }), quotas: z.array(z.object({ used: z.number() })) })

const stack = await startStack(['docker-compose.yml', 'docker/simulator.yml', 'docker/balancer.yml'], { port: PORT })
try {
  const key = await makeTeam(stack)
  const load = workAllTheTime(key)
  for (const how of [['restart', '--no-deps'], ['up', '-d', '--no-deps', '--force-recreate', '--wait']]) {
    for (const gateway of GATEWAYS) {
      const sinceMs = Date.now()
      await stack.compose(...how, gateway)
      await stack.until('both gateways are in service', WHOLE_MS, async () => (await (await fetch(`${stack.origin}/balancer/gateways`)).text()) === '2\n')
      say(`${how[0]} ${gateway}: ${Date.now() - sinceMs} ms; ${load.well.length} requests were well so far, ${load.failed.length} were not`)
    }
  }
  await load.stop()
  const ask = async (): Promise<z.output<typeof usage>> => usage.parse(await (await fetch(`${stack.origin}/v1/usage`, { headers: { authorization: `Bearer ${key}` } })).json())
  await stack.until('no task is under way', SETTLED_MS, async () => (await ask()).in_flight.used === 0)
  const [total] = (await ask()).quotas
  const upstream = await stack.received()
  say(`requests: ${load.well.length} well, ${load.failed.length} failed ${[...new Set(load.failed)].slice(0, 3).join('\n')}`)
  say(`creates: ${load.ids.length} answered, ${upstream.creates} arrived upstream, ${upstream.accepted} tasks made, ${total?.used} charged`)
  say(`ledger verify: ${(await stack.mulegate('ledger', 'verify')).trim().replaceAll(/\s+/g, ' ')}`)
  const isRight = load.failed.length === 0 && load.ids.length > 0 && [upstream.creates, upstream.accepted, total?.used].every(count => count === load.ids.length)
  say(isRight ? 'no request failed, and no task is lost or twice' : 'WRONG')
  process.exitCode = isRight ? 0 : 1
} finally {
  await stack.down()
}

/** Callers that create a task and read it, over and over; every other one waits for its end as well. */
function workAllTheTime (key: string): { well: string[], failed: string[], ids: string[], stop (): Promise<void> } {
  const [well, failed, ids]: [string[], string[], string[]] = [[], [], []]
  const end = new AbortController()
  const call = async (name: string, path: string, init: RequestInit, status: number): Promise<unknown> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers }
    const response = await fetch(`${stack.origin}${path}`, { ...init, headers })
    const body = await response.text()
    if (response.status !== status) throw new Error(`${name}: ${response.status} ${body.slice(0, 300)}`)
    well.push(name)
    return JSON.parse(body)
  }
  const work = async (prompt: string, isPatient: boolean): Promise<void> => {
    const { task_info: { id } } = accepted.parse(await call('create', GENERATION, { method: 'POST', body: JSON.stringify({ prompt, size: '832*480' }) }, 202))
    ids.push(id)
    await call('read', `${GENERATION}/${id}`, {}, 200)
    if (isPatient) await call('wait', `${GENERATION}/${id}`, { headers: { prefer: 'wait=20' } }, 200)
  }
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let count = 0; !end.signal.aborted; count++) {
      await work(`dog ${count} of caller ${caller}`, caller % 2 === 0).catch((error: Error) => { failed.push(`${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`) })
      await delay(PAUSE_MS)
    }
  })
  return { well, failed, ids, async stop () { end.abort(); await Promise.all(callers) } }
}
