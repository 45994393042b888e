// The receiver that the documentation shows believes the gateway, and nobody else.
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Secret } from '../../src/kernel/secret.ts'
import { newWebhookSecret } from '../../src/teams/webhook.ts'
import { signatureHeaders } from '../../src/webhooks/signature.ts'
import { startChild } from '../support/child.ts'
import { eventually } from '../support/eventually.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { blocksOf } from './read-page.ts'

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

test('the Node receiver of docs/webhooks.md takes a message that is signed as the gateway signs, and refuses others', async () => {
  const [receiver = '', ...more] = blocksOf('docs/webhooks.md', 'js')
  expect(more).toEqual([])
  const cwd = tempFolder()
  symlinkSync(MODULES, join(cwd, 'node_modules'), 'dir')
  const program = join(cwd, 'receiver.mjs')
  writeFileSync(program, receiver)
  const secret = newWebhookSecret()
  const port = await closedPort()
  const child = startChild(program, { cwd, env: { WEBHOOK_SECRET: secret.reveal(), PORT: String(port) } })

  const payload = '{"type":"task.completed","timestamp":"2026-11-22T12:00:00.000Z","data":{"status":"completed"}}'
  const send = async (body: string, signedWith: Secret): Promise<number> => {
    const headers = signatureHeaders({ id: 'msg_1', payload, secrets: [signedWith], nowMs: Date.now() })
    return (await fetch(`http://127.0.0.1:${port}/hooks`, { method: 'POST', headers, body })).status
  }
  await eventually(() => fetch(`http://127.0.0.1:${port}`).then(() => true, () => false), 'the receiver listens')
  expect(await send(payload, secret)).toBe(204)
  expect(await send(payload.replace('completed', 'failed'), secret)).toBe(401)
  expect(await send(payload, newWebhookSecret())).toBe(401)
  await child.printed(/^task\.completed \{ status: 'completed' \}\n$/)
})
