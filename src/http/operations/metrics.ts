// What the document says of the metrics.
import { z } from 'zod'
import type { Operation } from '../operation.ts'

export const OPEN_METRICS_TYPE = 'application/openmetrics-text'

const text = z.string()
const sample = '# HELP mulegate_ledger_up Whether the ledger answers this gateway and has lost nothing.\n# TYPE mulegate_ledger_up gauge\nmulegate_ledger_up 1\n'

export const metrics = {
  scrape: {
    id: 'getMetrics',
    tag: 'operations',
    summary: 'Metrics for Prometheus',
    description: 'With `OPS_PORT` they are on that port only, where nobody needs a token; without it an admin token reads them, a read-only one too. What the ledger does not answer in time is left out.',
    answers: {
      200: {
        description: 'The text format of Prometheus, or that of OpenMetrics if `Accept` names it.',
        type: 'text/plain',
        schema: text,
        others: { [OPEN_METRICS_TYPE]: { schema: text, example: `${sample}# EOF\n` } },
        headers: ['Cache-Control']
      }
    }
  }
} as const satisfies Record<string, Operation>
