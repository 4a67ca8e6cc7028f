import type { Counts } from './search.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** What a file's tests had searched for canaries. */
    searched?: Counts;
  }
}
