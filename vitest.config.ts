import { configDefaults, defineConfig } from 'vitest/config';

/** `npm test`. What takes longer than a few minutes is in `vitest.deep.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/**/*.deep.test.ts'],
    setupFiles: ['./test/local-aws-setup.ts', './test/security/canary-setup.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    silent: 'passed-only',
    reporters: ['dot', './test/totals-reporter.ts'],
  },
});
