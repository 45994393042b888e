import { defineConfig } from 'vitest/config'

/** What is tested through a gateway is tested on both ledgers. */
const THROUGH_A_GATEWAY = ['test/http/**/*.test.ts', 'test/faults/**/*.test.ts', 'test/races.test.ts', 'test/jobs/sweep-tasks.test.ts']

const common = { pool: 'forks' as const, testTimeout: 120_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    globalSetup: ['./test/support/redis/global-redis.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    allowOnly: false,
    projects: [
      { extends: true, test: { ...common, name: 'embedded', include: ['test/**/*.test.ts'] } },
      { extends: true, test: { ...common, name: 'redis', include: THROUGH_A_GATEWAY, exclude: ['test/faults/redis/**'], env: { MULEGATE_TEST_LEDGER: 'redis' } } }
    ]
  }
})
