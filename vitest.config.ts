import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

// The workers, and the processes that tests start, load their modules in half the time from compiled code.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
  new URL('node_modules/.cache/compiled', import.meta.url),
);

/** `npm test`. What takes longer than a few minutes is in `vitest.deep.config.ts`. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/**/*.deep.test.ts'],
    setupFiles: [
      './test/local-aws-setup.ts',
      './test/security/canary-setup.ts',
      './test/share-compiled-modules.ts',
    ],
    pool: 'forks',
    // Files share their worker's modules: to load the SDK and the CDK costs seconds a file.
    isolate: false,
    // Node.js runs the TypeScript itself, as in every command: Vite's modules cost a fifth of the CPU time.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    env: {
      // The CDK prints what its validation finds. `bundles.deep.test.ts` and `app.test.ts` expect nothing.
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
