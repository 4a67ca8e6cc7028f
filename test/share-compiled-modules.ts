import { flushCompileCache } from 'node:module';
import { afterAll } from 'vitest';

// Node.js writes what it compiled at the end of a process. The other workers need it now.
afterAll(() => flushCompileCache());
