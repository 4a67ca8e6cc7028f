import { configDefaults, defineConfig } from 'vitest/config';
import shared from './vitest.config.ts';

/** `npm run test:deep`: every seed, every crash point, every mutation, every fuzzed input. */
export default defineConfig({
  test: {
    ...shared.test,
    include: ['test/**/*.deep.test.ts', 'test/security/fuzz/*.test.ts'],
    env: { ...shared.test?.env, FUZZ_INPUTS: 'all' },
    exclude: configDefaults.exclude,
    testTimeout: 600_000,
  },
});
