// What goes into the image, and what runs in it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startChild, type Ended } from '../support/child.ts'
import { startGateway } from '../support/gateway.ts'
import { closedPort } from '../support/raw-http.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { ROOT } from './read-yaml.ts'

const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const HEALTHCHECK = join(ROOT, 'docker/healthcheck.ts')

function checkHealth (env: Record<string, string>, ...args: readonly string[]): Promise<Ended> {
  return startChild(HEALTHCHECK, { cwd: tempFolder(), env, args }).ended
}

test('the build sees what the image needs, and no secret, .env or ledger', () => {
  const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8').trim().split('\n').filter(line => !line.startsWith('#'))
  expect(lines).toEqual(['*', '!package.json', '!package-lock.json', '!src', '!docker/healthcheck.ts', '!docker/make-passwords.ts'])
})

test('the image runs the gateway itself as a user without rights, and needs nothing that must be pulled to be read', () => {
  expect(dockerfile).toContain('\nCMD ["node", "src/main.ts"]\n')
  expect([...dockerfile.matchAll(/^USER (.*)$/gm)].at(-1)?.[1]).toBe('node')
  expect(dockerfile).toContain('npm ci --omit=dev --omit=optional --ignore-scripts')
  expect(dockerfile).not.toMatch(/^#\s*syntax/im)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(dockerfile).toContain(`\nARG VERSION=${version}\n`)
})

test('the health check is good as long as the gateway answers on its PORT', async () => {
  const gateway = await startGateway()
  const { port } = new URL(gateway.origin)
  try {
    expect(await checkHealth({ PORT: port, HOST: '0.0.0.0' })).toMatchObject({ code: 0 })
    expect(await checkHealth({ PORT: port, HOST: '127.0.0.1' }, '/readyz')).toMatchObject({ code: 0 })
    expect(await checkHealth({ PORT: port }, '/no-such-route')).toMatchObject({ code: 1, stderr: '/no-such-route: status 401\n' })
  } finally {
    await gateway.stop()
  }
  expect(await checkHealth({ PORT: String(await closedPort()) })).toMatchObject({ code: 1, stderr: expect.stringMatching(/^\/livez: .*ECONNREFUSED/) })
})
