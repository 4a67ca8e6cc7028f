import type { Counts } from './search.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** The counts of the canary search of a test file. */
    searched?: Counts;
  }
}
