import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** A run of tests that leak, for the tests of the search: `LEAK` names one, `SETUP` adds what each test file has. */
const { LEAK, SETUP } = process.env;

export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: [`test/security/canary-fixtures/${LEAK}.fixture.ts`],
    setupFiles: SETUP ? ['./test/security/canary-setup.ts'] : [],
    pool: 'forks',
    reporters: ['default', './test/totals-reporter.ts'],
  },
});
