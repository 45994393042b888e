// Lists as they are shown to the world.
import { z } from 'zod'
import type { Page } from '../../kernel/page.ts'

/** The shape of a page of a list. @param id its name in the document */
export function pageShape<Row extends z.ZodType> (id: string, row: Row) {
  return z.strictObject({
    data: z.array(row),
    next_cursor: z.string().nullable().meta({ description: 'the `cursor` of the next page; null at the end' })
  }).meta({ id })
}

export function pageJson<Row, Json> ({ rows, nextCursor }: Page<Row>, json: (row: Row) => Json) {
  return { data: rows.map(json), next_cursor: nextCursor }
}
