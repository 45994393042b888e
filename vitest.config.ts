import { configDefaults, defineConfig } from 'vitest/config'

/** What is tested through a gateway is tested on both ledgers. */
const THROUGH_A_GATEWAY = ['test/http/**/*.test.ts', 'test/faults/*.test.ts', 'test/races.test.ts', 'test/cli/**/*.test.ts', 'test/jobs/sweep-tasks.test.ts']
/** Of that, what no ledger has a part in, or what brings its own. */
const WHATEVER_THE_LEDGER = [
  'test/http/openapi/**', 'test/http/ops-port/**', 'test/http/admin/**', 'test/http/generation-create/{400-body,413-415,hostile-bodies}.test.ts',
  'test/http/every-route/{wire,pipelined,cut-off,request-ids,404-405,503-overloaded,slow-clients,security-headers}.test.ts', 'test/http/event-stream.test.ts', 'test/http/closing.test.ts', 'test/http/gone.test.ts', 'test/faults/crash.test.ts'
]
/** What is about Redis itself. */
const ABOUT_REDIS = ['test/stores/redis/**/*.test.ts', 'test/stores/differential.test.ts', 'test/faults/redis/**/*.test.ts']

const common = { pool: 'forks' as const, testTimeout: 120_000, hookTimeout: 60_000 }
// A real Redis that a busy machine holds up for a quarter of a second is away, as it would be for a gateway: no test can tell that from an outage.
const onRedis = { ...common, retry: 2 }

export default defineConfig({
  test: {
    globalSetup: ['./test/support/redis/global-redis.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    allowOnly: false,
    // Most tests wait for sockets, processes and clocks, not for a core; without this a machine with two cores takes one file at a time.
    maxWorkers: 2,
    projects: [
      { extends: true, test: { ...common, name: 'embedded', include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, ...ABOUT_REDIS] } },
      { extends: true, test: { ...onRedis, name: 'redis', include: THROUGH_A_GATEWAY, exclude: [...configDefaults.exclude, ...WHATEVER_THE_LEDGER], env: { MULEGATE_TEST_LEDGER: 'redis' } } },
      { extends: true, test: { ...onRedis, name: 'about-redis', include: ABOUT_REDIS } }
    ]
  }
})
