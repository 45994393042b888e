// The Compose files keep to what they promise, as far as that can be seen without an engine.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConfig, VARIABLES } from '../../src/config/config.ts'
import { readCompose, ROOT, withoutFiles, type Service } from './read-yaml.ts'

const BASE = 'docker-compose.yml'
const OVERLAYS = ['docker/balancer.yml', 'docker/monitoring.yml', 'docker/simulator.yml']
const base = readCompose(BASE)
const FILES = [BASE, ...OVERLAYS].map(file => ({ file, compose: file === BASE ? base : readCompose(file) }))
/** Every service in the file that makes it; what an overlay only changes has no image there. */
const MADE = FILES.flatMap(({ file, compose }) => Object.entries(compose.services).filter(([, { image }]) => image !== undefined).map(([name, service]) => ({ file, name, service })))
const GATEWAYS = ['gateway', 'gateway-2']
const SIMULATOR_VARIABLES = ['HOST', 'PORT', 'SIMULATOR_TOKENS', 'SIMULATOR_PENDING_MS', 'SIMULATOR_PROCESSING_MS']

describe.each(MADE)('$name of $file', ({ name, service }) => {
  test('has no capability, no way to a new one, a disk that it cannot write, and limits', () => {
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], read_only: true })
    expect(service).toMatchObject({ deploy: { resources: { limits: { memory: expect.stringMatching(/^\d+m$/), cpus: expect.any(String), pids: expect.any(Number) } } } })
    expect(service).not.toHaveProperty('privileged')
    expect(service).not.toHaveProperty('cap_add')
  })

  test('keeps a log that ends somewhere, and is started again unless it ends by itself', () => {
    expect(service).toMatchObject({ logging: { options: { 'max-size': expect.any(String), 'max-file': expect.any(String) } } })
    expect(service['restart']).toBe(name === 'passwords' ? 'no' : 'unless-stopped')
  })

  test('is published on this machine only, if at all', () => {
    for (const port of service.ports) expect(port).toMatch(/^(127\.0\.0\.1|\$\{PUBLISH_ADDRESS:-127\.0\.0\.1\}):/)
  })
})

test.each(FILES)('$file gives a gateway and the simulator only variables that they know', ({ compose }) => {
  const unknown = Object.entries(compose.services).flatMap(([name, { environment }]) => {
    const known = GATEWAYS.includes(name) ? VARIABLES : name === 'simulator' ? SIMULATOR_VARIABLES : Object.keys(environment)
    return Object.keys(environment).filter(variable => !known.includes(variable))
  })
  expect(unknown).toEqual([])
})

test.each(FILES)('$file waits only for services that there are, and mounts only what there is', ({ compose }) => {
  const services = { ...base.services, ...compose.services }
  for (const service of Object.values(compose.services)) {
    expect(Object.keys(service.depends_on).filter(other => services[other] === undefined)).toEqual([])
    expect(service.secrets.filter(secret => base.secrets[secret] === undefined)).toEqual([])
    const sources = service.volumes.map(volume => typeof volume === 'string' ? volume.split(':')[0] ?? '' : volume.source)
    expect(sources.filter(source => source.startsWith('./') ? !existsSync(join(ROOT, source)) : compose.volumes[source] === undefined)).toEqual([])
  }
})

test.each([undefined, ...OVERLAYS])('with %s a gateway has time to stop, and its variables are a configuration', overlay => {
  const changes: Record<string, Service> = overlay === undefined ? {} : readCompose(overlay).services
  for (const name of GATEWAYS) {
    const [before, after] = [base.services[name], changes[name]]
    const { shutdownGraceMs } = readConfig(withoutFiles({ ...before?.environment, ...after?.environment }))
    const graceMs = Number.parseInt(after?.stop_grace_period ?? before?.stop_grace_period ?? '0') * 1000
    expect(graceMs).toBeGreaterThanOrEqual(shutdownGraceMs + 5000)
  }
})

test('a gateway starts when Redis is well and the passwords are made', () => {
  for (const name of GATEWAYS) {
    expect(base.services[name]?.depends_on).toEqual({ passwords: { condition: 'service_completed_successfully' }, redis: { condition: 'service_healthy' } })
  }
})

test('Redis is not published, reaches nobody, and takes its password from where it is made', () => {
  const { redis } = base.services
  expect(redis).toMatchObject({ ports: [], networks: ['ledger'], user: '999:1000', entrypoint: ['redis-server'] })
  expect(base).toMatchObject({ networks: { ledger: { internal: true } } })
  expect(redis?.command?.slice(-2)).toEqual(['--include', '/run/redis/auth.conf'])
})

test('one secret is brought, and its name is that of a variable', () => {
  expect(base.secrets).toEqual({ mulerouter_api_key: { file: './secrets/mulerouter_api_key' } })
  expect(base.services['gateway']?.environment['MULEROUTER_API_KEY_FILE']).toBe('/run/secrets/mulerouter_api_key')
  expect(readFileSync(join(ROOT, '.gitignore'), 'utf8')).toContain('secrets/\n')
})

test('with the simulator the token is one that everybody may know, and the simulator knows it', () => {
  const { secrets, services } = readCompose('docker/simulator.yml')
  const { file } = secrets['mulerouter_api_key'] ?? { file: '' }
  expect(readFileSync(join(ROOT, file), 'utf8').trim()).toBe(services['simulator']?.environment['SIMULATOR_TOKENS'])
  for (const name of GATEWAYS) expect(services[name]?.environment['MULEROUTER_BASE_URL']).toBe('http://simulator:8090')
})

test('the balancer sends nothing twice but what was refused a connection, and waits longer than a gateway', () => {
  const lines = readFileSync(join(ROOT, 'docker/haproxy/haproxy.cfg'), 'utf8').split('\n').map(line => line.trim())
  expect(lines.filter(line => line.startsWith('retry-on'))).toEqual(['retry-on conn-failure'])
  expect(lines).toEqual(expect.arrayContaining(['http-reuse never', 'option http-server-close', 'option httpchk GET /readyz?scope=instance']))
  const seconds = (setting: string): number => Number(lines.find(line => line.startsWith(setting))?.match(/(\d+)s$/)?.[1])
  // `Prefer: wait=50`
  for (const setting of ['timeout server', 'timeout client']) expect(seconds(setting)).toBeGreaterThan(50 + 10)
})
