// The files of docker/ and the Compose file, as data.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Environment } from '../../src/config/config.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Parses a file of the repository; Compose's `!reset` gives the value that it stands before. */
export function readYaml (path: string): unknown {
  const reset = [{ tag: '!reset', collection: 'seq' as const, resolve: (value: unknown) => value }]
  return parse(readFileSync(`${ROOT}${path}`, 'utf8'), { merge: true, customTags: reset })
}

const serviceSchema = z.looseObject({
  image: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.union([z.string(), z.looseObject({ source: z.string(), target: z.string() })])).default([]),
  secrets: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional()
})
const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })).default({}),
  volumes: z.record(z.string(), z.object({})).default({})
})

export type Compose = z.output<typeof composeSchema>
export type Service = z.output<typeof serviceSchema>

/** Parses a Compose file. */
export function readCompose (path: string): Compose { return composeSchema.parse(readYaml(path)) }

/** What a gateway is told by a list of variables, without the files that hold its secrets. */
export function withoutFiles (environment: Environment): Environment {
  return { MULEROUTER_API_KEY: 'test-token', ...Object.fromEntries(Object.entries(environment).filter(([name]) => !name.endsWith('_FILE'))) }
}
