import { TransferError } from '#src/core/errors/errors.ts';
import { maxChunksPerRange, maxRangeBytes } from '#src/core/limits/limits.ts';
import type { ByteRange } from '#src/core/source/byte-range.ts';

/** One piece of the object: `index` counts from 1, as the services' do. */
export interface Chunk {
  readonly index: number;
  readonly range: ByteRange;
}

/** Consecutive chunks `first` to `last`, both included; `n` counts from 1 and never changes within a session. */
export interface ChunkRange {
  readonly n: number;
  readonly first: number;
  readonly last: number;
}

/** How many chunks cover an object. */
export function chunkCount(sizeBytes: number, chunkSizeBytes: number): number {
  for (const value of [sizeBytes, chunkSizeBytes]) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TransferError(
        'InvalidInputError',
        `not a count of bytes: ${value}; a whole number from 1 is`,
      );
    }
  }
  return Math.ceil(sizeBytes / chunkSizeBytes);
}

/** The chunk of that index; only an object's last chunk may be shorter than `chunkSizeBytes`. */
export function chunkAt(index: number, sizeBytes: number, chunkSizeBytes: number): Chunk {
  const count = chunkCount(sizeBytes, chunkSizeBytes);
  if (!Number.isSafeInteger(index) || index < 1 || index > count) {
    throw new TransferError('InvalidInputError', `chunk ${index} is not among the ${count} chunks`);
  }
  const start = (index - 1) * chunkSizeBytes;
  return { index, range: { start, endInclusive: Math.min(start + chunkSizeBytes, sizeBytes) - 1 } };
}

/** Splits an object into chunks that cover it once, in order. */
export function planChunks(sizeBytes: number, chunkSizeBytes: number): Chunk[] {
  return Array.from({ length: chunkCount(sizeBytes, chunkSizeBytes) }, (_, i) =>
    chunkAt(i + 1, sizeBytes, chunkSizeBytes),
  );
}

/** Chunks per range: as many as one URL call and one report cover, within `maxRangeBytes`. */
export function chunksPerRange(chunkSizeBytes: number): number {
  return Math.max(1, Math.min(maxChunksPerRange, Math.floor(maxRangeBytes / chunkSizeBytes)));
}

/**
 * The ranges that hold at least one chunk without a proof. A range's number and bounds depend on
 * the session's chunk size alone, so a claim on it means the same chunks in every plan.
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

/** The chunk indexes of a range, ascending. */
export function indexesOf(range: Pick<ChunkRange, 'first' | 'last'>): number[] {
  return Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i);
}
