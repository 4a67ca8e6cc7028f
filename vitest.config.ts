import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

/** `npm test`. What takes longer than a few minutes is in `vitest.deep.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/**/*.deep.test.ts'],
    setupFiles: ['./test/local-aws-setup.ts', './test/security/canary-setup.ts'],
    pool: 'forks',
    // Files share their worker's modules: to load the SDK and the CDK costs seconds a file.
    isolate: false,
    // The processes that tests start load the SDK in half the time from compiled code.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
      // The CDK prints what its validation finds. `bundles.test.ts` and `app.test.ts` expect nothing.
      CDK_VALIDATION: 'false',
    },
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Two cores: one worker waits while two work.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    silent: 'passed-only',
    reporters: ['minimal', './test/totals-reporter.ts'],
  },
});
