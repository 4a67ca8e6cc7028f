import type { Limit } from '../plan/measures.ts';
import { GiB } from '../plan/shapes.ts';

/** The most dollars a TB apart from egress, by bill. */
export const billLimits: Readonly<Record<string, Limit>> = {
  '4 GiB in 5 MiB chunks': { rule: 'at most', value: 0.6 },
  '4 GiB in 16 MiB chunks': { rule: 'at most', value: 0.45 },
};

/** The chunk size of the transitions' limits: most ranges and calls. */
export const transitionChunkBytes = 5 * 1024 * 1024;

/**
 * The most state transitions of a transfer in chunks of 5 MiB at default settings, poll rounds apart, by
 * the object's size in bytes.
 */
export const transitionLimits: readonly (readonly [sizeBytes: number, limit: number])[] = [
  [4 * GiB, 36],
  [GiB / 4, 14],
];
