// A part of a long list.

/** Some rows, and where the next ones begin: `nextCursor` is opaque, and null at the end. */
export type Page<Row> = { rows: Row[], nextCursor: string | null }

/** Which part is wanted: at most `limit` rows behind `cursor`, or from the beginning. */
export type PageQuery = { limit: number, cursor: string | null }

/** A cursor that no page ever gave out. */
export class InvalidCursor extends Error {
  constructor () { super('no list gave out this cursor') }
}
