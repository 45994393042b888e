// The team API's webhooks and their deliveries.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  putWebhook, readWebhook, redeliver, removeWebhook, rotateWebhook, testWebhook, type WebhookDependencies, type WebhookRequest
} from '../../flows/administer-webhooks.ts'
import { refusal } from '../../flows/refusals.ts'
import { isMessageId, isWebhookId } from '../../kernel/ids.ts'
import { callerOf } from '../access.ts'
import { teamActorOf } from '../actor.ts'
import { teamRoute } from '../operation.ts'
import { deliveryListQuery, webhookListQuery, webhooks } from '../operations/webhooks.ts'
import { readQuery } from '../query.ts'
import { pageJson } from '../shapes/page.ts'
import { deliveryJson, webhookJson } from '../shapes/webhook.ts'

const PATH = '/v1/webhooks/:webhook_id'

export function webhookRoutes (app: FastifyInstance, deps: WebhookDependencies): void {
  app.get('/v1/webhooks', teamRoute(webhooks.list), async request => {
    return pageJson(await deps.outbox.listWebhooks(callerOf(request).team.id, readQuery(webhookListQuery, request.query)), webhookJson)
  })

  app.put(PATH, teamRoute(webhooks.put), async (request, reply) => {
    const { webhook, secret } = await putWebhook(deps, webhookRequest(request), request.body)
    if (secret === undefined) return webhookJson(webhook)
    return reply.code(201).header('location', `/v1/webhooks/${webhook.id}`).send({ ...webhookJson(webhook), secret: secret.reveal() })
  })

  app.get(PATH, teamRoute(webhooks.read), async request => webhookJson(await readWebhook(deps, webhookRequest(request))))

  app.delete(PATH, teamRoute(webhooks.remove), async (request, reply) => {
    await removeWebhook(deps, webhookRequest(request))
    return reply.code(204).send()
  })

  app.post(`${PATH}/rotate`, teamRoute(webhooks.rotate), async request => {
    const { webhook, secret } = await rotateWebhook(deps, webhookRequest(request))
    return { ...webhookJson(webhook), secret: secret.reveal() }
  })

  app.post(`${PATH}/test`, teamRoute(webhooks.test), async (request, reply) => {
    return reply.code(202).send(deliveryJson(await testWebhook(deps, webhookRequest(request))))
  })

  app.get(`${PATH}/deliveries`, teamRoute(webhooks.deliveries), async request => {
    const { status: state, ...query } = readQuery(deliveryListQuery, request.query)
    const webhook = await readWebhook(deps, webhookRequest(request))
    return pageJson(await deps.outbox.listDeliveries(webhook, { ...query, state }), deliveryJson)
  })

  app.post(`${PATH}/deliveries/:delivery_id/redeliver`, teamRoute(webhooks.redeliver), async (request, reply) => {
    const { delivery_id: id } = deliveryParameters.parse(request.params)
    const wanted = webhookRequest(request)
    if (!isMessageId(id)) throw refusal('not_found', 'There is no such delivery.')
    return reply.code(202).send(deliveryJson(await redeliver(deps, wanted, id)))
  })
}

const parameters = z.object({ webhook_id: z.string() })
const deliveryParameters = z.object({ delivery_id: z.string() })

function webhookRequest (request: FastifyRequest): WebhookRequest {
  const { webhook_id: id } = parameters.parse(request.params)
  if (isWebhookId(id)) return { caller: callerOf(request), id, actor: teamActorOf(request) }
  if (request.method === 'PUT') throw refusal('invalid_request', 'The id of a webhook must be 1 to 40 of a-z, 0-9 and -.')
  throw refusal('not_found', 'There is no such webhook.')
}
