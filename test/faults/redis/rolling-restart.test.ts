// A rolling restart under load: two gateways are replaced one after the other, and no caller of a balancer notices.
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { COUNTED, startFleet, type Fleet } from '../../support/fleet.ts'
import { ADMIN_TOKEN, GENERATION, type GatewayProcess } from '../../support/gateway-process.ts'
import { present } from '../../support/present.ts'

const CALLERS = 12
/** Between two restarts, in which the load is steady. */
const STEADY_MS = 500
/** For how long the balancer passes a gateway by that has said no. Real ones take seconds. */
const PASSED_BY_MS = 100

const replySchema = z.looseObject({ code: z.string().optional(), task_info: z.looseObject({ id: z.string() }).optional() })

type Answered = { status: number, json: z.infer<typeof replySchema> }

/** Sends each call to the next gateway, and to another one if that takes no connection or says that it is draining; what else goes wrong is a failed request. */
function balancer (gateways: GatewayProcess[], key: string) {
  const agent = new Agent({ connections: CALLERS })
  onTestFinished(() => agent.destroy())
  const passedByUntilMs = new Map<GatewayProcess, number>()
  let next = 0

  async function attempt (gateway: GatewayProcess, method: 'GET' | 'POST', path: string, body?: object): Promise<Answered | 'elsewhere'> {
    try {
      const response = await request(`${gateway.origin}${path}`, {
        method, dispatcher: agent, headers: { authorization: `Bearer ${key}`, ...body === undefined ? {} : { 'content-type': 'application/json' } }, body: body === undefined ? null : JSON.stringify(body)
      })
      const json = replySchema.parse(await response.body.json())
      return response.statusCode === 503 && json.code === 'draining' ? 'elsewhere' : { status: response.statusCode, json }
    } catch (error) {
      if (error instanceof Error && 'syscall' in error && error.syscall === 'connect') return 'elsewhere'
      throw error
    }
  }

  return async function call (method: 'GET' | 'POST', path: string, body?: object): Promise<Answered> {
    for (let tries = 1; tries <= 10; tries++) {
      const gateway = present(gateways[next++ % gateways.length])
      if (performance.now() < (passedByUntilMs.get(gateway) ?? 0)) continue
      const answered = await attempt(gateway, method, path, body)
      if (answered !== 'elsewhere') return answered
      passedByUntilMs.set(gateway, performance.now() + PASSED_BY_MS)
    }
    throw new Error('no gateway takes calls')
  }
}

async function restart (fleet: Fleet, gateways: GatewayProcess[], place: number): Promise<void> {
  const old = present(gateways[place])
  const successor = await fleet.start()
  gateways.push(successor)
  // Still in the balancer's list: the callers find out for themselves, on connections that they have kept.
  old.kill('SIGTERM')
  expect(await old.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  gateways.splice(gateways.indexOf(old), 1)
}

test('two gateways are restarted one after the other under steady load: no failed request, no lost task, no unknown outcome, and the sums are right', async () => {
  const fleet = await startFleet({ size: 2 })
  const { key, team } = await fleet.team(COUNTED)
  const gateways: GatewayProcess[] = [...fleet.gateways]
  const call = balancer(gateways, key)
  const ids = new Set<string>()
  const failures: unknown[] = []
  let calls = 0
  const end = new AbortController()

  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let turn = 0; !end.signal.aborted; turn++) {
      try {
        const created = await call('POST', GENERATION, { prompt: `cat ${caller}.${turn}` })
        const id = created.json.task_info?.id
        if (created.status !== 202 || id === undefined) { failures.push(created); continue }
        ids.add(id)
        const read = await call('GET', `${GENERATION}/${id}`)
        if (read.status !== 200 || read.json.task_info?.id !== id) failures.push(read)
        calls += 2
      } catch (error) {
        failures.push(error)
      }
      await pause(1)
    }
  })
  await pause(STEADY_MS)
  await restart(fleet, gateways, 0)
  await pause(STEADY_MS)
  await restart(fleet, gateways, 0)
  await pause(STEADY_MS)
  end.abort()
  await Promise.all(callers)

  expect(failures).toEqual([])
  expect(calls).toBeGreaterThan(100)
  expect(fleet.simulator.received.creates).toBe(ids.size)
  const [gateway] = gateways
  expect(await fleet.account(key, gateway)).toMatchObject({ inFlight: ids.size, quotas: [{ used: ids.size, held: ids.size }] })
  const verified = await present(gateway).call('GET', `/admin/v1/ledger/verify?team=${team}`, { key: ADMIN_TOKEN })
  expect(verified).toMatchObject({ status: 200, json: { team, differences: [] } })
})
