// Reads several sorted sources as one.

/** Gives what all sources give, in their common order. Each source is read only as far as it is needed. */
export async function * merge<Item> (sources: readonly AsyncIterator<Item>[], before: (one: Item, other: Item) => boolean): AsyncGenerator<Item> {
  const heads: Array<{ item: Item, source: AsyncIterator<Item> }> = []

  function insert (head: { item: Item, source: AsyncIterator<Item> }): void {
    const place = heads.findIndex(({ item }) => before(head.item, item))
    heads.splice(place < 0 ? heads.length : place, 0, head)
  }

  await Promise.all(sources.map(async source => {
    const first = await source.next()
    if (first.done !== true) insert({ item: first.value, source })
  }))
  while (true) {
    const head = heads.shift()
    if (head === undefined) return
    yield head.item
    const next = await head.source.next()
    if (next.done !== true) insert({ item: next.value, source: head.source })
  }
}
