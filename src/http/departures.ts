// The end of a request, as the log and the metrics see it: the answer is out, or its caller has gone.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export type Departed = (request: FastifyRequest, reply: FastifyReply) => void

/** Tells everybody of the end of every request that comes in. */
export function followDepartures (app: FastifyInstance, followers: readonly Departed[]): void {
  app.addHook('onRequest', (request, reply, done) => {
    // Not when the response is over: it never is if its caller goes away before that.
    reply.raw.on('close', () => { for (const follower of followers) follower(request, reply) })
    done()
  })
}

/** Whether the caller went away before its answer was whole. */
export function hasGone ({ raw }: FastifyReply): boolean { return !raw.writableFinished }
