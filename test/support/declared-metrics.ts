// Every metric that a gateway declares, with its kind and its labels.
import { Counter, Gauge } from 'prom-client'
import { z } from 'zod'
import { openMetrics } from '../../src/telemetry/metrics.ts'

export type Declared = { name: string, kind: 'counter' | 'gauge' | 'histogram', labels: readonly string[], help: string }

const labelled = z.object({ labelNames: z.array(z.string()) })

export const DECLARED: readonly Declared[] = openMetrics({ version: '0.0.0', ledger: 'sqlite' }).registry.getMetricsAsArray().map(metric => ({
  name: metric.name,
  kind: metric instanceof Counter ? 'counter' : metric instanceof Gauge ? 'gauge' : 'histogram',
  labels: labelled.parse(metric).labelNames,
  help: metric.help
}))

/** The labels of everything that Prometheus keeps under this name; undefined if there is nothing. */
export function labelsOf (name: string): readonly string[] | undefined {
  const OF_THE_TARGET = ['job', 'instance']
  if (name === 'up') return OF_THE_TARGET
  const declared = DECLARED.find(metric => metric.kind === 'histogram' ? new RegExp(`^${metric.name}_(bucket|sum|count)$`).test(name) : metric.name === name)
  return declared && [...OF_THE_TARGET, ...declared.labels, ...name.endsWith('_bucket') ? ['le'] : []]
}
