// What a part of the benchmark gives back, and the arithmetic of rounds.

export type Table = { title: string, columns: readonly string[], rows: readonly (readonly string[])[], notes: readonly string[] }

/** Every figure by its name, as the targets and the file of results know it; names are unique over all parts. */
export type Figures = Readonly<Record<string, number>>

/** `failures`: what makes the whole run fail, as sentences. */
export type Part = { table: Table, figures: Figures, failures: readonly string[] }

/** Measures each of them in turn, so many rounds: what the machine does meanwhile meets all alike. */
export async function inTurn<Item, Sample> (items: readonly Item[], rounds: number, measure: (item: Item) => Promise<Sample>): Promise<[Item, Sample[]][]> {
  const taken = items.map((item): [Item, Sample[]] => [item, []])
  for (let round = 0; round < rounds; round++) {
    for (const [item, samples] of taken) samples.push(await measure(item))
  }
  return taken
}

export function medianOf<Sample> (samples: readonly Sample[], pick: (sample: Sample) => number): number { return median(samples.map(pick)) }

export function sumOf<Sample> (samples: readonly Sample[], pick: (sample: Sample) => number): number { return samples.reduce((sum, sample) => sum + pick(sample), 0) }

export function median (values: readonly number[]): number { return quantile(values, 0.5) }

export function quantile (values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
