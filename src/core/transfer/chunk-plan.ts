import { TransferError } from '#src/core/errors/errors.ts';
import { maxChunksPerRange, maxRangeBytes } from '#src/core/limits/limits.ts';
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

/** Returns the chunks per range: as many as one URL call and one report accept, within `maxRangeBytes`. */
export function chunksPerRange(chunkSizeBytes: number): number {
  return Math.max(1, Math.min(maxChunksPerRange, Math.floor(maxRangeBytes / chunkSizeBytes)));
}

/**
 * Returns the ranges with at least one chunk without a proof. Number and bounds of a range depend on the
 * session's chunk size only, so a claim covers the same chunks in every plan.
 */
export function planRanges(
  totalChunks: number,
  chunkSizeBytes: number,
  isProven: (chunkIndex: number) => boolean,
): ChunkRange[] {
  const width = chunksPerRange(chunkSizeBytes);
  return Array.from({ length: Math.ceil(totalChunks / width) }, (_, i) => ({
    n: i + 1,
    first: i * width + 1,
    last: Math.min((i + 1) * width, totalChunks),
  })).filter((range) => indexesOf(range).some((index) => !isProven(index)));
}

/** Returns the chunk indexes of a range, ascending. */
export function indexesOf(range: Pick<ChunkRange, 'first' | 'last'>): number[] {
  return Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i);
}
