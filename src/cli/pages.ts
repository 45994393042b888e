// Lists that come in pages: followed as far as somebody wants to read.
import { Option, type Command } from 'commander'
import { z } from 'zod'
import { readAnswer, type AdminApi, type Query } from './admin-api.ts'
import { count } from './option-values.ts'
import type { Terminal } from './terminal.ts'

export type ListOptions = { limit: number, all?: boolean, json?: boolean }

/** The rows, and where the next ones begin. */
export type Listed<Row> = { data: Row[], next_cursor: string | null }

type List<Schema> = { path: string, query?: Query, row: Schema }

const PAGE_MAX = 100
const LIMIT_BY_DEFAULT = 50

/** Gives a command the options of a list. */
export function listOptions (command: Command): Command {
  return command
    .option('-n, --limit <number>', 'at most so many', count, LIMIT_BY_DEFAULT)
    .addOption(new Option('--all', 'all there are').conflicts('limit'))
    .option('--json', 'as JSON, as the gateway answers it')
}

/** Reads pages until there are enough rows, or no more. */
export async function readList<Schema extends z.ZodType> (api: AdminApi, { path, query = {}, row }: List<Schema>, { limit, all = false }: ListOptions): Promise<Listed<z.output<Schema>>> {
  const wanted = all ? Infinity : limit
  const page = z.object({ data: z.array(row), next_cursor: z.string().nullable() })
  const data: z.output<Schema>[] = []
  let cursor: string | null = null
  do {
    const size = Math.min(PAGE_MAX, wanted - data.length)
    const answer: z.output<typeof page> = readAnswer(page, await api.call('GET', path, { query: { ...query, limit: String(size), cursor: cursor ?? undefined } }))
    data.push(...answer.data)
    cursor = answer.next_cursor
  } while (cursor !== null && data.length < wanted)
  return { data, next_cursor: cursor }
}

/** Says that a list was not shown to its end. */
export function mentionMore ({ err }: Terminal, { data, next_cursor: cursor }: Listed<unknown>): void {
  if (cursor !== null) err.line(`The first ${data.length}; --all shows the rest.`)
}
