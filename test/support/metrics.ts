// What a gateway says at /metrics, read as strictly as Prometheus reads it: https://prometheus.io/docs/instrumenting/exposition_formats/
import { expect } from 'vitest'
import { ADMIN_TOKEN, type Gateway } from './gateway.ts'
import { readSeries } from './promql.ts'

type Labels = Record<string, string>
type Sample = { name: string, labels: Labels, value: number }
type Family = { name: string, type: string, samples: Sample[] }

const HELP = /^# HELP ([a-z0-9_]+) \S.*$/
const TYPE = /^# TYPE ([a-z0-9_]+) (counter|gauge|histogram)$/
const VALUE = /^(-?\d+(\.\d+)?(e[+-]?\d+)?|[+-]Inf|NaN|Nan)$/

/** The families of a scrape. */
export class Scraped {
  readonly text: string
  readonly #families: Family[] = []

  /** @throws if it is not what Prometheus reads */
  constructor (text: string) {
    this.text = text
    if (!text.endsWith('\n')) throw new Error('the last line has no end')
    let helped = ''
    for (const line of text.split('\n').filter(line => line !== '')) {
      const [, typed, type] = TYPE.exec(line) ?? []
      const family = this.#families.at(-1)
      if (typed !== undefined && type !== undefined) {
        if (typed !== helped || this.names.includes(typed)) throw new Error(`twice, or without help: ${line}`)
        this.#families.push({ name: typed, type, samples: [] })
      } else if (line.startsWith('#')) helped = HELP.exec(line)?.[1] ?? fail(`no help: ${line}`)
      else family?.samples.push(readSample(line, family))
    }
    for (const family of this.#families) checkFamily(family)
  }

  get names (): string[] { return this.#families.map(({ name }) => name) }

  /** The figures of a family; of a histogram its counts. */
  samples (name: string): Sample[] {
    const { type, samples = [] } = this.#families.find(family => family.name === name) ?? {}
    return type === 'histogram' ? samples.filter(sample => sample.name === `${name}_count`) : samples
  }

  /** Every series by its name and labels. */
  get series (): string[] { return this.#families.flatMap(({ samples }) => samples.map(seriesText)) }

  /** The sum of all that have these labels; undefined if none has. */
  value (name: string, wanted: Labels = {}): number | undefined {
    const found = this.samples(name).filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }
}

/** What the gateway says now. */
export async function scrape (gateway: Gateway): Promise<Scraped> {
  const { status, text } = await gateway.call('GET', '/metrics', { key: ADMIN_TOKEN, origin: gateway.opsOrigin })
  expect(status, text).toBe(200)
  return new Scraped(text)
}

function readSample (line: string, { name, type }: Family): Sample {
  const space = line.lastIndexOf(' ')
  const [series, figure] = [readSeries(line.slice(0, space)), line.slice(space + 1)]
  if (!VALUE.test(figure)) fail(`no figure: ${line}`)
  const names = type === 'histogram' ? ['bucket', 'sum', 'count'].map(part => `${name}_${part}`) : [name]
  if (!names.includes(series.name)) fail(`not of ${name}: ${line}`)
  return { ...series, value: Number(figure.replace('Inf', 'Infinity')) }
}

/** No series twice; buckets grow, and the last one has them all. */
function checkFamily ({ name, type, samples }: Family): void {
  if (new Set(samples.map(seriesText)).size < samples.length) fail(`a series twice: ${name}`)
  if (type !== 'histogram') return
  const groups = Map.groupBy(samples, ({ labels: { le, ...labels } }) => JSON.stringify(Object.entries(labels).sort()))
  for (const group of groups.values()) {
    const buckets = group.filter(sample => sample.name === `${name}_bucket`)
    const counts = buckets.map(({ value }) => value)
    const count = group.find(sample => sample.name === `${name}_count`)?.value
    if (buckets.at(-1)?.labels['le'] !== '+Inf' || counts.at(-1) !== count || counts.some((value, place) => value < (counts[place - 1] ?? 0))) fail(`no histogram: ${name}`)
  }
}

function seriesText ({ name, labels }: Sample): string { return `${name}${JSON.stringify(Object.entries(labels).sort())}` }

function fail (why: string): never { throw new Error(why) }
