// How far one gateway core, one Redis node and a cluster go, by what one of each kind of call costs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import keySlot from 'cluster-key-slot'
import { z } from 'zod'
import { ALL_SHARDS, SHARDS } from '../../src/kernel/shard.ts'
import { namesOf } from '../../src/stores/redis/names.ts'
import type { Costs } from './costs.ts'

/** What happens to a usual task: one create, so many reads, some of which look upstream; the last one settles it. */
export const PROFILE = { reads: 10, looks: 4 }
/** How busy a core is meant to be: what comes in bursts finds the other half. */
const BUSY = 0.5
const RETENTION_DAYS = 30
const NODE_BYTES = 16e9
/** Of a node's memory: Redis copies what changes while it rewrites its file. */
const USABLE = 0.7
const MASTERS = [4, 6, 8]
const SLOTS = 16_384
const RESULTS = new URL('../results/', import.meta.url)

const resultsSchema = z.object({ date: z.string(), figures: z.record(z.string(), z.number().nullable()) })

/** Lines that say it; without results of `npm run bench` nothing of gateways. */
export function capacityLines (costs: Costs): string[] {
  const redisMicros = costs.create.cpuMicros + (PROFILE.reads - PROFILE.looks) * costs.read.cpuMicros + (PROFILE.looks - 1) * costs.look.cpuMicros + costs.settle.cpuMicros
  const taskBytes = costs.create.memory + costs.settle.memory
  const redisTasks = BUSY * 1e6 / redisMicros
  const nodeTasks = NODE_BYTES * USABLE / taskBytes
  const rows: [string, string][] = [
    ['Redis, a task', `${redisMicros.toFixed(0)} µs, and ${taskBytes.toFixed(0)} B for as long as it is kept`],
    ['one Redis core, half busy', `${redisTasks.toFixed(0)} tasks a second`],
    ...gatewayRows(redisTasks),
    [`a Redis node of ${NODE_BYTES / 1e9} GB`, `${(nodeTasks / 1e6).toFixed(1)} million tasks: ${thousands(nodeTasks / RETENTION_DAYS)} a day kept for ${RETENTION_DAYS} days, ${(nodeTasks / RETENTION_DAYS / 86_400).toFixed(1)} a second on average`],
    ...MASTERS.map((masters): [string, string] => [`a cluster of ${masters} such masters`, `${thousands(nodeTasks / fullestOf(masters) / RETENTION_DAYS)} tasks a day of many teams: the fullest one has ${Math.round(fullestOf(masters) * SHARDS)} of ${SHARDS} shards`]),
    ['a thousand teams of 4 keys', `${((costs.team.memory + 4 * costs.key.memory) / 1000).toFixed(1)} MB; a day on which all of them create ${((costs.activeTeam.memory + 4 * costs.activeKey.memory) / 1000).toFixed(1)} MB`]
  ]
  return rows.map(([name, figure]) => `${name.padEnd(42)}${figure}`)
}

/** What a gateway core does, by the latest results; a look counts as a create, which it is like but for the admission. */
function gatewayRows (redisTasks: number): [string, string][] {
  const file = (existsSync(RESULTS) ? readdirSync(RESULTS) : []).filter(name => name.endsWith('.json')).toSorted().at(-1)
  if (file === undefined) return []
  const { date, figures } = resultsSchema.parse(JSON.parse(readFileSync(new URL(file, RESULTS), 'utf8')))
  const [create, read] = [figures['create mulegate redis µs'] ?? NaN, figures['read mulegate redis µs'] ?? NaN]
  const micros = create * (1 + PROFILE.looks) + read * (PROFILE.reads - PROFILE.looks)
  const tasks = BUSY * 1e6 / micros
  return [
    [`a gateway, a task (of ${date})`, `${micros.toFixed(0)} µs: ${create.toFixed(0)} a create and each look, ${read.toFixed(0)} a read that the ledger answers`],
    ['one gateway core, half busy', `${tasks.toFixed(0)} tasks a second, ${(tasks * PROFILE.reads).toFixed(0)} reads among them`],
    ['gateway cores that one Redis core feeds', (redisTasks / tasks).toFixed(1)]
  ]
}

/** Which part of all shards lies on the master that has most, where each has as many slots as another. */
function fullestOf (masters: number): number {
  const names = namesOf('mg')
  const held = Map.groupBy(ALL_SHARDS, shard => Math.floor(keySlot(names.epoch(shard)) * masters / SLOTS))
  return Math.max(...[...held.values()].map(shards => shards.length)) / SHARDS
}

function thousands (count: number): string { return `${(count / 1000).toFixed(0)} thousand` }
