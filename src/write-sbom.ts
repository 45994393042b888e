// `npm run --silent sbom`: of npm's bill of materials, read from stdin, what is installed in production. npm's own --omit=dev also leaves out what development needs too.
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

const billSchema = z.looseObject({
  components: z.array(z.looseObject({ 'bom-ref': z.string() })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) }))
})
const lockSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  packages: z.record(z.string(), z.looseObject({ version: z.string(), dev: z.boolean().default(false), optional: z.boolean().default(false), devOptional: z.boolean().default(false) }))
})

const lock = lockSchema.parse(JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')))
const installed = Object.entries(lock.packages).filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
const kept = new Set(installed.map(([path, { version }]) => `${path === '' ? lock.name : path.replace(/^.*node_modules\//, '')}@${version}`))

const bill = billSchema.parse(JSON.parse(await text(process.stdin)))
process.stdout.write(`${JSON.stringify({
  ...bill,
  components: bill.components.filter(component => kept.has(component['bom-ref'])),
  dependencies: bill.dependencies.filter(({ ref }) => kept.has(ref)).map(({ dependsOn, ...dependency }) => ({ ...dependency, dependsOn: dependsOn.filter(ref => kept.has(ref)) }))
}, null, 2)}\n`)
