// Part of the ledger's contract: webhooks are kept as they were written, and their changes meet each other.
import { expect, test } from 'vitest'
import type { WebhookId } from '../../src/kernel/ids.ts'
import { InvalidCursor } from '../../src/kernel/page.ts'
import { newSerial, newWebhookSecret, WEBHOOKS_A_TEAM_MAX, type Webhook } from '../../src/teams/webhook.ts'
import { aWebhook, keptWebhook } from '../support/webhooks.ts'
import { openBench } from './open-bench.ts'
import { everything, type Open } from './open-ledger.ts'

/** With its secrets as text, which a comparison would else take for equal. */
function revealed (webhook: Webhook | undefined): object | undefined {
  return webhook && { ...webhook, secret: webhook.secret.reveal(), previous: webhook.previous && { ...webhook.previous, secret: webhook.previous.secret.reveal() } }
}

export function webhooksContract (open: Open): void {
  test('a webhook is read as it was written, also after the next start', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller, {
      url: 'https://receiver.example/ü?a=%20&b=1', events: ['task.failed', 'quota.threshold'], enabled: false, previous: { secret: newWebhookSecret(), endsAtMs: 7 }
    })
    expect(revealed(await bench.outbox.readWebhook(webhook.team, webhook.id))).toEqual(revealed(webhook))
    await bench.reopen()
    expect(revealed(await bench.outbox.readWebhook(webhook.team, webhook.id))).toEqual(revealed(webhook))
  })

  test('a webhook of another team, or of none, is not there', async () => {
    const bench = await openBench(open)
    const [caller, other] = [await bench.caller(), await bench.caller()]
    const webhook = await keptWebhook(bench.outbox, caller)
    expect(await bench.outbox.readWebhook(other.team.id, webhook.id)).toBe(undefined)
    expect(await bench.outbox.readWebhook(caller.team.id, 'missing' as WebhookId)).toBe(undefined)
    expect((await bench.outbox.listWebhooks(other.team.id, { limit: 10, cursor: null })).rows).toEqual([])
  })

  test('a team has each id once, two teams may have the same', async () => {
    const bench = await openBench(open)
    const [caller, other] = [await bench.caller(), await bench.caller()]
    const first = await keptWebhook(bench.outbox, caller)
    const second = { id: first.id, url: 'https://receiver.example/other' }
    expect(await bench.outbox.createWebhook(aWebhook(caller, second))).toBe('exists')
    expect(await bench.outbox.createWebhook(aWebhook(other, second))).toBe('created')
    expect((await bench.outbox.readWebhook(caller.team.id, first.id))?.url).toBe(first.url)
  })

  test('of fifty that are made at once a team gets as many as it may have, and another when one is removed', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const made = await Promise.all(Array.from({ length: 50 }, () => bench.outbox.createWebhook(aWebhook(caller))))
    expect(made.filter(kind => kind === 'created')).toHaveLength(WEBHOOKS_A_TEAM_MAX)
    expect(made.filter(kind => kind === 'too-many')).toHaveLength(50 - WEBHOOKS_A_TEAM_MAX)
    const [first] = (await bench.outbox.listWebhooks(caller.team.id, { limit: 1, cursor: null })).rows
    expect(await bench.outbox.removeWebhook(first ?? aWebhook(caller))).toBe(true)
    expect(await bench.outbox.createWebhook(aWebhook(caller))).toBe('created')
  })

  test('of fifty changes of one version one is stored', async () => {
    const bench = await openBench(open)
    const webhook = await keptWebhook(bench.outbox, await bench.caller())
    const changes = Array.from({ length: 50 }, (_, number) => ({ ...webhook, url: `https://receiver.example/${number}`, version: 2 }))
    const stored = await Promise.all(changes.map(next => bench.outbox.replaceWebhook(next)))
    expect(stored.filter(Boolean)).toHaveLength(1)
    expect(revealed(await bench.outbox.readWebhook(webhook.team, webhook.id))).toEqual(revealed(changes[stored.indexOf(true)]))
  })

  test('a webhook that was removed is not there, and neither its change nor its second removal brings it back', async () => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const webhook = await keptWebhook(bench.outbox, caller)
    expect(await bench.outbox.removeWebhook(webhook)).toBe(true)
    expect(await bench.outbox.removeWebhook(webhook)).toBe(false)
    expect(await bench.outbox.replaceWebhook({ ...webhook, version: 2 })).toBe(false)
    const next = await keptWebhook(bench.outbox, caller, { id: webhook.id, serial: newSerial() })
    expect(await bench.outbox.replaceWebhook({ ...webhook, version: 2 })).toBe(false)
    expect(await bench.outbox.removeWebhook(webhook)).toBe(false)
    expect(revealed(await bench.outbox.readWebhook(caller.team.id, webhook.id))).toEqual(revealed(next))
  })

  test.each([1, 2, 3, 100])('all webhooks of a team are listed in the order of their ids, %i at a time', async limit => {
    const bench = await openBench(open)
    const caller = await bench.caller()
    const ids = ['b', 'a-2', 'a', 'zz', 'a-10'] as WebhookId[]
    for (const id of ids) await keptWebhook(bench.outbox, caller, { id })
    expect((await everything(query => bench.outbox.listWebhooks(caller.team.id, query), limit)).map(({ id }) => id)).toEqual(ids.toSorted())
    await expect(bench.outbox.listWebhooks(caller.team.id, { limit, cursor: 'No Id' })).rejects.toThrow(InvalidCursor)
  })
}
