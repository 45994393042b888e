// What stands in docker/ for Prometheus and Grafana asks only for what a gateway says.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { labelsOf } from '../support/declared-metrics.ts'
import { metricsIn } from '../support/promql.ts'
import { anchorsOf } from './read-page.ts'

const DOCKER = fileURLToPath(new URL('../../docker/', import.meta.url))

const target = z.object({ expr: z.string(), legendFormat: z.string(), datasource: z.object({ uid: z.string().regex(/^\$\{datasource\}$/) }) })
const panel = z.object({ id: z.int(), type: z.string(), title: z.string(), gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }), targets: z.array(target).default([]) })
const variable = z.object({ name: z.string(), type: z.enum(['datasource', 'query']), definition: z.string().optional() })
const dashboard = z.object({ uid: z.string(), title: z.string(), schemaVersion: z.int().min(39), templating: z.object({ list: z.array(variable) }), panels: z.array(panel) })
  .parse(JSON.parse(readFileSync(`${DOCKER}grafana/dashboards/mulegate.json`, 'utf8')))

const alert = z.strictObject({
  alert: z.string().regex(/^Mulegate[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+[smh]$/).optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string().regex(/\S/), runbook: z.string() })
})
const alerts = z.strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(alert) })) })
  .parse(parse(readFileSync(`${DOCKER}prometheus/alerts.yml`, 'utf8'))).groups.flatMap(({ rules }) => rules)

/** As Grafana would send it. */
function sent (query: string): string {
  return query.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h').replaceAll(/\$(job|team)\b/g, '.*')
}

/** What a query asks for that is not there. */
function unknownIn (query: string): string[] {
  return metricsIn(query).flatMap(({ metric, labels }) => {
    const there = labelsOf(metric)
    return there === undefined ? [metric] : labels.filter(label => !there.includes(label)).map(label => `${metric}{${label}}`)
  })
}

const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })))

test.each(queries)('the dashboard\'s "$title" asks for what is there: $expr', ({ expr, legendFormat }) => {
  expect(unknownIn(sent(expr))).toEqual([])
  const asked = metricsIn(sent(expr))
  expect(asked.length).toBeGreaterThan(0)
  const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
  for (const label of shown) expect(asked.some(({ metric, labels }) => labels.includes(label) || (!expr.includes(' by ') && labelsOf(metric)?.includes(label))), label).toBe(true)
})

test('the dashboard answers in rows, and none of its panels lies on another', () => {
  expect(dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual(['Is it up?', 'What does it cost?', 'Who is blocked?', 'What is stuck?'])
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  for (const [place, { title, gridPos: one, type, targets }] of dashboard.panels.entries()) {
    expect(targets.length > 0 || type === 'row', title).toBe(true)
    expect(one.x + one.w, title).toBeLessThanOrEqual(24)
    const covered = dashboard.panels.slice(place + 1).filter(({ gridPos: other }) => one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h)
    expect(covered.map(other => `${title} and ${other.title}`)).toEqual([])
  }
})

test('the choices of the dashboard are labels that are there', () => {
  for (const { type, definition = '' } of dashboard.templating.list) {
    if (type === 'datasource') continue
    const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? []
    expect(labelsOf(metric), definition).toContain(label)
  }
})

test.each(alerts)('the alert $alert asks for what is there, and its runbook has the section', ({ expr, annotations: { summary, runbook } }) => {
  expect(unknownIn(expr)).toEqual([])
  const [page = '', anchor = ''] = runbook.split('#')
  expect(page).toBe('docs/runbooks.md')
  expect(anchorsOf(page)).toContain(anchor)
  for (const [, label = ''] of summary.matchAll(/\$labels\.(\w+)/g)) expect(metricsIn(expr).some(({ metric }) => labelsOf(metric)?.includes(label)), label).toBe(true)
})

test.each([...queries, ...alerts].filter(({ expr }) => expr.includes('5..')))('probes and scrapes are no part of the calls that fail, nor of all calls: $expr', ({ expr }) => {
  const selectors = expr.match(/mulegate_http_request_duration_seconds_count[^[]*/g) ?? []
  expect(selectors).toHaveLength(2)
  for (const selector of selectors) expect(selector).toContain('route!~"/livez|/readyz|/metrics"')
})

test('no alert has the name of another', () => {
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
})

test.each([
  ['mulegate_nothing_total', ['mulegate_nothing_total']],
  ['sum by (colour) (rate(mulegate_refusals_total[5m]))', ['mulegate_refusals_total{colour}']],
  ['mulegate_ledger_up{team="ads"}', ['mulegate_ledger_up{team}']],
  ['mulegate_http_request_duration_seconds', ['mulegate_http_request_duration_seconds']],
  ['sum by (le) (mulegate_http_request_duration_seconds_count)', ['mulegate_http_request_duration_seconds_count{le}']],
  ['up{job="x"} / on (team) mulegate_tasks_in_flight', ['up{team}']]
])('what is not there is found: %s', (query, missing) => {
  expect(unknownIn(query)).toEqual(missing)
})

test('what is no PromQL is refused', () => {
  for (const query of ['sum(', 'rate(mulegate_refusals_total[5m', 'mulegate_ledger_up ==', 'sum by team (up)']) expect(() => metricsIn(query), query).toThrow('no PromQL')
})
