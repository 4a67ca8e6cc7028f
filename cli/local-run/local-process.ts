import type { Environment } from '../context.ts';

/** How the local run of one file is called. */
export interface LocalProcess {
  /** The options of the local run, then the file. */
  readonly args: readonly string[];
  readonly env: Environment;
}

/** The heap of a process that moves one file, as the functions have it. */
export const heapOption = '--max-semi-space-size=2';
