// Lists as they are shown to the world.
import type { Page } from '../../kernel/page.ts'

export function pageJson<Row, Json> ({ rows, nextCursor }: Page<Row>, json: (row: Row) => Json) {
  return { data: rows.map(json), next_cursor: nextCursor }
}
