import { defineConfig } from 'vitest/config'

// What takes minutes: run by hand with `npm run test:long`, never by CI.
export default defineConfig({
  test: {
    include: ['test/long/*.long.ts'],
    globalSetup: ['./test/support/redis/global-redis.ts'],
    pool: 'forks',
    reporters: ['default', './test/support/count-reporter.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 60_000
  }
})
