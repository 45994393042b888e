// Loaded into a gateway whose memory is measured: at SIGUSR2 it throws away what nobody holds, and writes what is left to MEMORY_FILE; with HEAP_SNAPSHOT a snapshot beside it.
import { renameSync, writeFileSync } from 'node:fs'
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8'
import { runInNewContext } from 'node:vm'

const file = process.env['MEMORY_FILE'] ?? ''
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
let count = 0

process.on('SIGUSR2', () => {
  collect()
  collect()
  if (process.env['HEAP_SNAPSHOT'] !== undefined) writeHeapSnapshot(`${file}-${count}.heapsnapshot`)
  const { heapUsed, external, rss } = process.memoryUsage()
  writeFileSync(`${file}.new`, JSON.stringify({ count: ++count, heapUsed, external, rss }))
  renameSync(`${file}.new`, file)
})
