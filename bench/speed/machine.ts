// On what it was measured.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { z } from 'zod'
import { loadProgram } from './load.ts'
import { canPin } from './processes.ts'

export type Machine = Readonly<Record<string, string>>

const packageSchema = z.object({ version: z.string() })

export function machineFacts (): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: `${availableParallelism()}, ${canPin ? 'programs pinned with taskset' : 'nothing pinned: there is no taskset'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    kernel: `${type()} ${release()}`,
    Node: process.versions.node,
    Redis: said('redis-server', '--version') ?? 'none',
    SQLite: process.versions['sqlite'] ?? 'unknown',
    load: loadProgram === 'wrk' ? `wrk ${said('wrk', '-v') ?? ''}` : `autocannon ${versionOf('autocannon')}`,
    nginx: said('nginx', '-v') ?? 'none, its row is left out',
    Portkey: versionOf('@portkey-ai/gateway'),
    '@fastify/http-proxy': versionOf('@fastify/http-proxy')
  }
}

/** The first number of what a program says of itself. */
function said (command: string, option: string): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, [option], { encoding: 'utf8' })
  return error === undefined ? /\d+(\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown' : undefined
}

function versionOf (name: string): string {
  try {
    return packageSchema.parse(JSON.parse(readFileSync(new URL(`../contenders/node_modules/${name}/package.json`, import.meta.url), 'utf8'))).version
  } catch {
    return 'not installed'
  }
}
