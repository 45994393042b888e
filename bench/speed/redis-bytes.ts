// What a settled task takes in Redis, as bench/redis-memory.ts measures it.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Part } from './figures.ts'
import { CORES, pinned } from './processes.ts'

const PROGRAM = fileURLToPath(new URL('../redis-memory.ts', import.meta.url))
/** Its first block: what, how many bytes, and more. */
const LINE = /^( *\S.*?) {2,}(\d+) B/

export async function measureRedisBytes (): Promise<Part> {
  const [program, ...rest] = pinned(CORES.all, [process.execPath, PROGRAM])
  const { stdout } = await promisify(execFile)(program, rest)
  const [block = ''] = stdout.split('\n\n')
  const rows = block.split('\n').flatMap(line => {
    const [, what, bytes] = LINE.exec(line) ?? []
    return what === undefined || bytes === undefined ? [] : [{ what: what.trim(), bytes: Number(bytes) }]
  })
  const task = rows.find(({ what }) => what === 'a settled task')
  return {
    table: {
      title: 'Memory of Redis',
      columns: ['', 'bytes'],
      rows: rows.map(({ what, bytes }) => [what, String(bytes)]),
      notes: ['With upstream bodies of 500 to 900 bytes; where it goes is printed by `npm run bench:redis-memory`.']
    },
    figures: Object.fromEntries(rows.map(({ what, bytes }) => [`redis memory of ${what} B`, bytes])),
    failures: task === undefined ? ['bench/redis-memory.ts does not say what a settled task takes'] : []
  }
}
