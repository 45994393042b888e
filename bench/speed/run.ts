// `npm run bench`: what the gateway costs, beside what others cost, in one run; `npm run bench -- creates reads` runs parts of it.
import { measureCreates } from './creates.ts'
import { measureLatency } from './latency.ts'
import { measureReads } from './reads.ts'
import { Stage } from './stage.ts'
import { text } from './render.ts'

const PARTS = { creates: measureCreates, reads: measureReads, latency: measureLatency }
const stage = new Stage()
await stage.prepare()
try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (process.argv.length > 2 && !process.argv.includes(name)) continue
    const part = await measure(stage)
    process.stdout.write(text(part.table))
  }
} finally { await stage.close() }
