// The admin API's report for charge-back.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { reportUsage } from '../../flows/report-usage.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { adminRoute } from '../operation.ts'
import { adminUsage, usageQuery } from '../operations/admin-usage.ts'
import { readQuery } from '../query.ts'
import { reportCsv, reportJson } from '../shapes/report.ts'

export function adminUsageRoutes (app: FastifyInstance, { ledger }: { ledger: Ledger }): void {
  app.get('/admin/v1/usage', adminRoute(adminUsage.report), async (request, reply) => {
    const { from: fromDay, to: toDay, group_by: columns, format, team, mode } = readQuery(usageQuery, request.query)
    // A ledger that is away is told while there still is a status to tell it with.
    const lines = await begun(reportUsage(ledger, { fromDay, toDay, team, mode }, columns))
    if (format === 'json') return reply.type('application/json; charset=utf-8').send(Readable.from(reportJson(lines)))
    return reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="mulegate-usage.csv"').send(Readable.from(reportCsv(lines, columns)))
  })
}

/** The same items, of which the first is there already. */
async function begun<Item> (items: AsyncIterable<Item>): Promise<AsyncIterable<Item>> {
  const iterator = items[Symbol.asyncIterator]()
  const first = await iterator.next()
  return (async function * () {
    if (first.done === true) return
    yield first.value
    yield * { [Symbol.asyncIterator]: () => iterator }
  })()
}
