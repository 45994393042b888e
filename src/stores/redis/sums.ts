// Sums as they lie in Redis: read at one moment, and mended.
import { z } from 'zod'
import { shardOf } from '../../kernel/shard.ts'
import { readAccount } from '../../ledger/account.ts'
import type { Correction, Inspection, InspectionQuery } from '../../ledger/ledger.ts'
import { emptySum, type SumFigures, type SumId } from '../../ledger/sum.ts'
import type { TeamId } from '../../kernel/ids.ts'
import type { Link } from './link.ts'
import type { Names } from './names.ts'
import { run } from './scripts.ts'
import { unpackTasks } from './task-values.ts'

const inspectReply = z.tuple([z.array(z.string().nullable()), z.unknown()])
const correctReply = z.array(z.int())

/** Where a sum lies; `field` if it is one of a hash. */
function placeOf (names: Names, team: TeamId, id: SumId): { name: string, field?: string } {
  switch (id.kind) {
    case 'counter': return { name: names.counter(team, id.counter) }
    case 'in_flight': return { name: names.inFlight(team, id.scope, id.owner) }
    case 'usage_day': return { name: names.usage(readAccount(id.account).team, id), field: `${id.lineage} ${id.model}` }
  }
}

export async function inspect (link: Link, names: Names, { team, sums, tasks, after }: InspectionQuery): Promise<Inspection> {
  const places = sums.map(id => placeOf(names, team, id))
  const [held, found] = inspectReply.parse(await run(link, 'inspect', {
    keys: [names.tasks(team), ...places.map(({ name }) => name)],
    about: { prefix: names.inShard(shardOf(team)), refs: tasks, after: after ?? undefined, sums: places.map(({ field }) => ({ field })) }
  }))
  return {
    sums: sums.map((id, place) => readFigures(id, held[place])),
    tasks: unpackTasks(found)
  }
}

export async function correct (link: Link, names: Names, { team, corrections }: { team: TeamId, corrections: readonly Correction[] }): Promise<boolean[]> {
  const places = corrections.map(({ id }) => placeOf(names, team, id))
  const about = corrections.map(({ id, was, add, keptMs }, place) => ({ was: was && numbersOf(id, was), add: numbersOf(id, add), field: places[place]?.field, ttl: keptMs ?? undefined }))
  const done = correctReply.parse(await run(link, 'correct', { keys: places.map(({ name }) => name), about }))
  return done.map(each => each === 1)
}

/** As scripts read them. */
function numbersOf (id: SumId, figures: SumFigures): number[] { return figureNames(id).map(figure => figures[figure] ?? 0) }

/** The figures of a sum, in the order in which they are written. */
function figureNames (id: SumId): string[] { return Object.keys(emptySum(id)) }

function readFigures (id: SumId, text: string | null | undefined): SumFigures | undefined {
  if (text === null || text === undefined) return undefined
  const numbers = text.split(' ').map(Number)
  return Object.fromEntries(figureNames(id).map((figure, place) => [figure, numbers[place] ?? 0]))
}
