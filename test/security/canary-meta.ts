import type { Counts } from './canary-search.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** What a file's tests had searched for canaries. */
    searched?: Counts;
  }
}
