// A key that is rotated, on three gateways: it works beside the new one for the overlap and not longer, and both have one budget.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { GatewayProcess } from '../../support/gateway-process.ts'
import { eventually } from '../../support/eventually.ts'
import { startFleet } from '../../support/fleet.ts'

const OVERLAP_S = 2
const BUDGET = { quotas: [{ per: 'total', unit: 'tasks', limit: 10 }] }
const rotatedSchema = z.object({ key: z.string(), replaces: z.object({ expires_at: z.iso.datetime() }) })

type Read = { startedMs: number, endedMs: number, status: number }

async function read (gateway: GatewayProcess, key: string): Promise<Read> {
  const startedMs = Date.now()
  const { status } = await gateway.call('GET', '/generation/no-such-task', { key })
  return { startedMs, endedMs: Date.now(), status }
}

test('the old key works on every gateway until the end of the overlap, and on none after it', async () => {
  const { gateways, team, admin } = await startFleet()
  const { keyId, key } = await team()
  // Every gateway knows the key before it is rotated.
  for (const gateway of gateways) expect((await read(gateway, key)).status).toBe(404)
  const reply = await admin('POST', `/admin/v1/keys/${keyId}/rotate`, { overlap_seconds: OVERLAP_S })
  const { replaces } = rotatedSchema.parse(reply.json)
  const endMs = Date.parse(replaces.expires_at)

  const reads: Read[] = []
  await eventually(async () => {
    const round = await Promise.all(gateways.map(gateway => read(gateway, key)))
    reads.push(...round)
    return round.every(({ startedMs }) => startedMs >= endMs)
  }, 'the overlap ends')
  const during = reads.filter(({ endedMs }) => endedMs < endMs)
  const after = reads.filter(({ startedMs }) => startedMs >= endMs)
  expect(new Set(during.map(({ status }) => status))).toEqual(new Set(during.length === 0 ? [] : [404]))
  expect(after.map(({ status }) => status)).toEqual([401, 401, 401])
})

test('300 creates with both keys on three gateways begin as many tasks as the old key had left', async () => {
  const { gateways, team, createMany, admin, create, account } = await startFleet()
  const { team: id } = await team()
  const minted = await admin('POST', `/admin/v1/teams/${id}/keys`, { limits: BUDGET })
  const { key, id: keyId } = z.object({ key: z.string(), id: z.string() }).parse(minted.json)
  for (let number = 1; number <= 4; number++) expect((await create(gateways[0], key)).status).toBe(202)
  const reply = await admin('POST', `/admin/v1/keys/${keyId}/rotate`, { overlap_seconds: 3600 })
  const rotated = rotatedSchema.parse(reply.json)
  const answers = (await Promise.all([createMany(150, key), createMany(150, rotated.key)])).flat()
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(6)
  for (const gateway of gateways) {
    for (const each of [key, rotated.key]) expect((await account(each, gateway)).quotas).toMatchObject([{ used: 10 }])
  }
})
