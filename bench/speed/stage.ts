// Where everything is measured: an upstream double, a Redis, and those who are compared, each started when it is first wanted.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { redisServerPath } from '../../test/support/redis/redis-binary.ts'
import { CONTENDERS, type Contender, type ContenderName, type Site } from './contenders.ts'
import { load, type Load, type Request } from './load.ts'
import { CORES, freePort, listening, start, type Program, type Running } from './processes.ts'

const CONNECTIONS = 64
const UPSTREAM = fileURLToPath(new URL('upstream-double.ts', import.meta.url))
const OTHERS = fileURLToPath(new URL('../contenders', import.meta.url))

export type Server = { port: number, program: Running }

export class Stage implements Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'mulegate-bench-'))
  readonly #started = new Set<Running>()
  readonly #contenders = new Map<ContenderName, Contender | undefined>()
  #upstream: Promise<Server> | undefined
  #redis: Promise<Server> | undefined
  #redisPath = ''

  /** @throws an error of one line that says what to install */
  async prepare (): Promise<void> {
    this.#redisPath = await redisServerPath()
    if (!existsSync(join(OTHERS, 'node_modules'))) spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: OTHERS, stdio: ['ignore', 'ignore', 'inherit'] })
  }

  async start (name: string, program: Omit<Program, 'logFile'>, port: number): Promise<Running> {
    const running = start({ ...program, logFile: join(this.folder, `${name}.log`) })
    this.#started.add(running)
    await listening(port)
    return running
  }

  async stop (...programs: readonly Running[]): Promise<void> {
    await Promise.all(programs.map(program => program.stop()))
    for (const program of programs) this.#started.delete(program)
  }

  /** The one that all parts share. */
  upstream (): Promise<Server> {
    this.#upstream ??= this.startUpstream()
    return this.#upstream
  }

  redis (): Promise<Server> {
    this.#redis ??= this.startRedis('redis')
    return this.#redis
  }

  async startUpstream (env: Record<string, string> = {}, cores = CORES.load): Promise<Server> {
    const port = await freePort()
    return { port, program: await this.start(`upstream-${port}`, { command: process.execPath, args: [UPSTREAM], env: { PORT: String(port), ...env }, cores }, port) }
  }

  /** As docs/redis.md wants it, and empty; it does not rewrite its file in the middle of a round. */
  async startRedis (name: string, cores = CORES.load): Promise<Server> {
    const port = await freePort()
    const settings = { port, bind: '127.0.0.1', dir: this.folder, save: '', appendonly: 'yes', appenddirname: `aof-${port}`, appendfsync: 'everysec', 'auto-aof-rewrite-percentage': 0, 'maxmemory-policy': 'noeviction' }
    const args = Object.entries(settings).flatMap(([setting, value]) => [`--${setting}`, String(value)])
    return { port, program: await this.start(`${name}-${port}`, { command: this.#redisPath, args, cores }, port) }
  }

  /** Started and warm; undefined where it is not installed. */
  async contender (name: ContenderName): Promise<Contender | undefined> {
    if (!this.#contenders.has(name)) {
      const { start: make, warmUpS } = CONTENDERS[name]
      const contender = await make(this)
      this.#contenders.set(name, contender)
      if (contender !== undefined) await this.load(contender.create, warmUpS)
    }
    return this.#contenders.get(name)
  }

  async contenders (names: readonly ContenderName[]): Promise<Contender[]> {
    const found: Contender[] = []
    for (const name of names) {
      const contender = await this.contender(name)
      if (contender !== undefined) found.push(contender)
    }
    return found
  }

  /** Ends everything, so that nothing is in the way of what follows. */
  async dismiss (): Promise<void> {
    await this.stop(...this.#started)
    this.#contenders.clear()
    this.#upstream = this.#redis = undefined
  }

  load (request: Request, seconds: number, { connections = CONNECTIONS, cores = CORES.load } = {}): Promise<Load> {
    return load(request, { seconds, connections, cores, folder: this.folder })
  }

  async close (): Promise<void> {
    await this.stop(...this.#started)
    if (process.env['KEEP'] === undefined) rmSync(this.folder, { recursive: true, force: true })
    else process.stdout.write(`${this.folder}\n`)
  }
}

/** What failed in a load, as a sentence, if anything did. */
export function failuresOf (what: string, failed: number): string[] { return failed === 0 ? [] : [`${what}: ${failed} requests failed`] }
