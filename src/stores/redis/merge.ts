// Reads several sorted sources as one.

/** So many sources are asked for their first items at a time: there may be thousands, and Redis has other things to do as well. */
const BEGUN_AT_ONCE = 16

/** Gives what all sources give, in their common order. Each source is read only as far as it is needed. */
export async function * merge<Item> (sources: readonly AsyncIterator<Item>[], before: (one: Item, other: Item) => boolean): AsyncGenerator<Item> {
  const heads: Array<{ item: Item, source: AsyncIterator<Item> }> = []
  const waiting = sources.values()

  /** The next one comes last, so that taking it moves no other. */
  function insert (head: { item: Item, source: AsyncIterator<Item> }): void {
    let [least, most] = [0, heads.length]
    while (least < most) {
      const middle = (least + most) >> 1
      const other = heads[middle]
      if (other !== undefined && before(head.item, other.item)) least = middle + 1
      else most = middle
    }
    heads.splice(least, 0, head)
  }

  async function advance (source: AsyncIterator<Item>): Promise<void> {
    const next = await source.next()
    if (next.done !== true) insert({ item: next.value, source })
  }

  await Promise.all(Array.from({ length: BEGUN_AT_ONCE }, async () => { for (const source of waiting) await advance(source) }))
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield head.item
    await advance(head.source)
  }
}
