import { configDefaults, defineConfig } from 'vitest/config';
import shared from './vitest.config.ts';

/** `npm run test:deep`: every seed, every crash point, every mutation. */
export default defineConfig({
  test: {
    ...shared.test,
    include: ['test/**/*.deep.test.ts'],
    exclude: configDefaults.exclude,
    testTimeout: 600_000,
  },
});
