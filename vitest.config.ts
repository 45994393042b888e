import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', './test/support/count-reporter.ts'],
    allowOnly: false,
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
