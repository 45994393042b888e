// `npm run bench:profile`: where a gateway's processor time goes while creates come as fast as it takes them; written into docs/performance.md.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { mulegate } from './speed/contenders.ts'
import type { Table } from './speed/figures.ts'
import { between, markdown, text } from './speed/render.ts'
import { Stage } from './speed/stage.ts'

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
const LOAD_S = 12
/** What comes before is V8 making up its mind. */
const SKIPPED_S = 8
const LEDGERS = ['redis', 'embedded'] as const

// Chrome's format, as far as it is needed: times are microseconds since the sample before.
const profileSchema = z.object({
  nodes: z.array(z.object({ id: z.int(), callFrame: z.object({ functionName: z.string(), url: z.string() }) })),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.int())
})
type Profile = z.infer<typeof profileSchema>

const stage = new Stage()
await stage.prepare()
const shares: Map<string, number>[] = []
try {
  for (const ledger of LEDGERS) shares.push(await measure(ledger))
} finally {
  await stage.close()
}
const names = [...new Set(shares.flatMap(share => [...share.keys()]))].toSorted((a, b) => shareOf(b) - shareOf(a))
const table: Table = {
  title: 'Where the time of a create goes',
  columns: ['', ...LEDGERS],
  rows: names.filter(name => shareOf(name) >= 0.005).map(name => [name, ...shares.map(share => `${(100 * (share.get(name) ?? 0)).toFixed(1)} %`)]),
  notes: ['Self time, by V8\'s sampling profiler; what is below half a per cent is left out.']
}
process.stdout.write(text(table))
writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), 'profile', markdown(table)))

function shareOf (name: string): number { return Math.max(...shares.map(share => share.get(name) ?? 0)) }

/** What part of the time each of them has, of that in which the gateway did anything. */
async function measure (ledger: typeof LEDGERS[number]): Promise<Map<string, number>> {
  const folder = join(stage.folder, `profile-${ledger}`)
  mkdirSync(folder)
  const gateway = await mulegate(stage, ledger, { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`] })
  await stage.load(gateway.create, LOAD_S)
  await stage.stop(gateway.program)
  const [file = ''] = readdirSync(folder)
  return byOwner(profileSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))))
}

function byOwner ({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]))
  const micros = new Map<string, number>()
  let atMicros = 0
  for (const [place, id] of samples.entries()) {
    const lasted = timeDeltas[place] ?? 0
    atMicros += lasted
    const owner = owners.get(id)
    if (owner === undefined || atMicros < SKIPPED_S * 1e6) continue
    micros.set(owner, (micros.get(owner) ?? 0) + lasted)
  }
  const total = [...micros.values()].reduce((sum, each) => sum + each, 0)
  return new Map([...micros].map(([owner, each]) => [owner, each / total]))
}

/** @returns undefined for the time in which there was nothing to do */
function ownerOf ({ functionName, url }: { functionName: string, url: string }): string | undefined {
  if (functionName === '(idle)') return undefined
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (/^(write(v|Utf8String|Latin1String|String|Buffer)|read|shutdown)$/.test(functionName) && url === '') return 'system calls that write and read'
  if (url === '') return 'built-in functions of V8 and Node'
  if (url.startsWith('node:')) return 'Node\'s own JavaScript: http, net, streams, events, timers'
  const [, inPackage] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  if (inPackage !== undefined) return inPackage
  const [, room] = /\/(src\/(?:stores\/)?[^/]+)\//.exec(url) ?? []
  return room ?? 'other'
}
