import { TransferError } from '#src/core/errors/transfer-error.ts';
import {
  maxRangesPerPlan,
  minBytesPerSender,
  minChunksPerSender,
  plannedBytesPerSecond,
} from '#src/core/limits/limits.ts';
import type { ByteRange } from '#src/core/source/byte-range.ts';

/** One piece of the object. `index` counts from 1, as at the services. */
export interface Chunk {
  readonly index: number;
  readonly range: ByteRange;
}

/** Consecutive chunks, `first` and `last` included. `n` counts from 1 and never changes within a session. */
export interface ChunkRange {
  readonly n: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Returns how many chunks cover an object.
 * @throws InvalidInputError - a size is not a positive integer
 */
export function chunkCount(sizeBytes: number, chunkSizeBytes: number): number {
  for (const value of [sizeBytes, chunkSizeBytes]) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TransferError(
        'InvalidInputError',
        `Invalid size ${value}: must be a whole number of bytes, at least 1.`,
      );
    }
  }
  return Math.ceil(sizeBytes / chunkSizeBytes);
}

/**
 * Returns the chunk with an index. Only the last chunk may be shorter than `chunkSizeBytes`.
 * @throws InvalidInputError - the object has no chunk with this index
 */
export function chunkAt(index: number, sizeBytes: number, chunkSizeBytes: number): Chunk {
  const count = chunkCount(sizeBytes, chunkSizeBytes);
  if (!Number.isSafeInteger(index) || index < 1 || index > count) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid chunk index ${index}: must be from 1 to ${count}.`,
    );
  }
  const start = (index - 1) * chunkSizeBytes;
  return { index, range: { start, endInclusive: Math.min(start + chunkSizeBytes, sizeBytes) - 1 } };
}

/** Splits an object into chunks, in order and without overlap. */
export function planChunks(sizeBytes: number, chunkSizeBytes: number): Chunk[] {
  return Array.from({ length: chunkCount(sizeBytes, chunkSizeBytes) }, (_, i) =>
    chunkAt(i + 1, sizeBytes, chunkSizeBytes),
  );
}

/** The chunks of a session. */
export interface ChunkLayout {
  readonly totalChunks: number;
  /** Bytes of every chunk except the last. */
  readonly chunkSizeBytes: number;
}

/** How many senders an object may have, and how long each may take. */
export interface SenderBounds {
  /** Ranges of one transfer that are sent at once. */
  readonly rangesAtOnce: number;
  /** The time limit of one call of SendChunks, in ms. */
  readonly sendTimeoutMs: number;
}

/** Returns how many chunks are worth a sender of their own. */
export function chunksPerSender(chunkSizeBytes: number): number {
  return Math.max(1, Math.min(minChunksPerSender, Math.floor(minBytesPerSender / chunkSizeBytes)));
}

/**
 * Returns into how many ranges a session is split: as many as are sent at once, each with the chunks of
 * a sender. Twice as many, or three times, if one sender could not move its range in half of its time
 * limit: another try of a slow range then still fits into one call.
 */
export function countRanges(
  { totalChunks, chunkSizeBytes }: ChunkLayout,
  { rangesAtOnce, sendTimeoutMs }: SenderBounds,
): number {
  const senders = Math.ceil(totalChunks / chunksPerSender(chunkSizeBytes));
  const atOnce = Math.min(rangesAtOnce, senders);
  const maxRangeBytes = (sendTimeoutMs / 2) * (plannedBytesPerSecond / 1000);
  const maxChunks = Math.max(1, Math.floor(maxRangeBytes / chunkSizeBytes));
  const turns = Math.ceil(totalChunks / maxChunks / atOnce);
  return Math.min(totalChunks, maxRangesPerPlan, turns * atOnce);
}

/**
 * Returns the ranges with at least one chunk without a proof. Their lengths differ by one chunk at most.
 * Number and bounds of a range depend on the session only, so a claim covers the same chunks in every
 * plan.
 */
export function planRanges(
  totalChunks: number,
  rangeCount: number,
  isProven: (chunkIndex: number) => boolean,
): ChunkRange[] {
  const endOf = (n: number) => Math.floor((n * totalChunks) / rangeCount);
  return Array.from({ length: rangeCount }, (_, i) => ({
    n: i + 1,
    first: endOf(i) + 1,
    last: endOf(i + 1),
  })).filter((range) => indexesOf(range).some((index) => !isProven(index)));
}

/** Returns the chunk indexes of a range, ascending. */
export function indexesOf(range: Pick<ChunkRange, 'first' | 'last'>): number[] {
  return Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i);
}
