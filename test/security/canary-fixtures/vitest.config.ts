import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** A run of one leaking test, for tests of the search. `LEAK` names it; `SETUP` adds the usual setup. */
const { LEAK, SETUP } = process.env;

export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: [`test/security/canary-fixtures/${LEAK}.fixture.ts`],
    setupFiles: SETUP ? ['./test/security/canary-setup.ts'] : [],
    pool: 'forks',
    experimental: { viteModuleRunner: false, nodeLoader: false },
    reporters: ['default', './test/totals-reporter.ts'],
  },
});
