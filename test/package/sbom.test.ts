// The bill of materials: everything that runs in production, and nothing else.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { z } from 'zod'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const billSchema = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.looseObject({ component: z.looseObject({ purl: z.string() }) }),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
  components: z.array(z.looseObject({ name: z.string(), version: z.string(), purl: z.string(), licenses: z.array(z.unknown()).optional() }))
})
const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({
    version: z.string(), resolved: z.string().optional(), integrity: z.string().optional(), hasInstallScript: z.boolean().optional(), dev: z.boolean().optional(), optional: z.boolean().optional(), devOptional: z.boolean().optional()
  }))
})

/** Of the lock file: `name@version` of all that is installed in production. */
function locked (): string[] {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')))
  return [...new Set(Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && dev !== true && optional !== true && devOptional !== true)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`))].toSorted()
}

test('npm run sbom names every production dependency, direct or not, and no other', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 })
  const bill = billSchema.parse(JSON.parse(stdout))
  expect(bill.metadata.component.purl).toMatch(/^pkg:npm\/mulegate@/)
  expect(bill.components.map(({ name, version }) => `${name}@${version}`).toSorted()).toEqual(locked())
  const refs = new Set([...bill.dependencies.map(({ ref }) => ref)])
  expect(bill.dependencies.flatMap(({ dependsOn }) => dependsOn).filter(ref => !refs.has(ref))).toEqual([])
  const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')))
  expect(bill.components.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(dependencies)))
})

test('no production dependency runs anything when it is installed, each has a checksum, and none names a host', () => {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')))
  const production = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  expect(production.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([])
  expect(production.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([])
  expect(production.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})
