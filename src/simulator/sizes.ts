// The eight sizes that wan2.2-t2v-plus can make, as the provider's page lists them.

// Task ids hold a position in this list: do not reorder it.
export const SIZES = [
  '832*480', '480*832', '624*624',
  '1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632'
] as const

export type Size = typeof SIZES[number]

export const DEFAULT_SIZE: Size = '1920*1080'

/** The size that the value names, or undefined. */
export function sizeOf (value: unknown): Size | undefined {
  return SIZES.find(size => size === value)
}
