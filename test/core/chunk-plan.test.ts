import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minBytesPerSender } from '#src/core/limits/limits.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import {
  type Chunk,
  chunkAt,
  chunkCount,
  chunksPerSender,
  indexesOf,
  planChunks,
  planRanges,
} from '#src/core/transfer/chunk-plan.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** Chunk sizes from 1 byte to 1 GiB. */
const chunkSize = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: GiB }),
  fc.constantFrom(204_800, 5 * MiB, 16 * MiB, 64 * MiB),
);

/** An object of up to 10 GiB with at most 5,000 chunks. */
const plan = chunkSize.chain((chunkSizeBytes) =>
  fc.record({
    chunkSizeBytes: fc.constant(chunkSizeBytes),
    sizeBytes: fc.integer({ min: 1, max: Math.min(10 * GiB, 5000 * chunkSizeBytes) }),
  }),
);

describe('planChunks', () => {
  it('covers the object once, in order, with only the last chunk shorter', () => {
    fc.assert(
      fc.property(plan, ({ sizeBytes, chunkSizeBytes }) => {
        const chunks = planChunks(sizeBytes, chunkSizeBytes);
        const isInPlace = ({ index, range }: Chunk, i: number) =>
          index === i + 1 &&
          range.start === (chunks[i - 1]?.range.endInclusive ?? -1) + 1 &&
          (index === chunks.length || lengthOf(range) === chunkSizeBytes);
        expect(chunks.findIndex((chunk, i) => !isInPlace(chunk, i))).toBe(-1);
        const last = chunks.at(-1)?.range ?? { start: 0, endInclusive: -1 };
        expect(last.endInclusive).toBe(sizeBytes - 1);
        expect(lengthOf(last)).toBeGreaterThan(0);
        expect(lengthOf(last)).toBeLessThanOrEqual(chunkSizeBytes);
      }),
    );
  });

  it('returns the same chunks as chunkAt', () => {
    fc.assert(
      fc.property(plan, ({ sizeBytes, chunkSizeBytes }) => {
        const chunks = planChunks(sizeBytes, chunkSizeBytes);
        expect(chunks).toHaveLength(chunkCount(sizeBytes, chunkSizeBytes));
        const alone = chunks.map(({ index }) => chunkAt(index, sizeBytes, chunkSizeBytes));
        expect(alone).toEqual(chunks);
      }),
      { numRuns: 30 },
    );
  });

  const chunk = 5 * MiB;
  it.each([
    ['1 byte', 1, 1, 1],
    ['a chunk less 1', chunk - 1, 1, chunk - 1],
    ['a chunk', chunk, 1, chunk],
    ['a chunk and 1', chunk + 1, 2, 1],
    ['two chunks less 1', 2 * chunk - 1, 2, chunk - 1],
    ['two chunks', 2 * chunk, 2, chunk],
    ['two chunks and 1', 2 * chunk + 1, 3, 1],
    ['a range less 1', 50 * chunk - 1, 50, chunk - 1],
    ['a range', 50 * chunk, 50, chunk],
    ['a range and 1', 50 * chunk + 1, 51, 1],
    ['10 GiB less 1', 10 * GiB - 1, 2048, chunk - 1],
    ['10 GiB', 10 * GiB, 2048, chunk],
    ['10 GiB and 1', 10 * GiB + 1, 2049, 1],
    ['5 TiB', 5 * 1024 * GiB, 1_048_576, chunk],
  ])('returns the expected number of chunks of %s', (_, sizeBytes, count, lastBytes) => {
    expect(chunkCount(sizeBytes, chunk)).toBe(count);
    const { range } = chunkAt(count, sizeBytes, chunk);
    expect([lengthOf(range), range.endInclusive]).toEqual([lastBytes, sizeBytes - 1]);
    const outside = () => chunkAt(count + 1, sizeBytes, chunk);
    expect(outside).toThrow(`Invalid chunk index ${count + 1}: must be from 1 to ${count}`);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'takes %d for no count of bytes',
    (value) => {
      expect(() => chunkCount(value, 1)).toThrow(`Invalid size ${value}`);
      expect(() => chunkCount(1, value)).toThrow(`Invalid size ${value}`);
    },
  );

  it.each([0, -1, 1.5, 4])('rejects chunk %d of three', (index) => {
    expect(() => chunkAt(index, 3, 1)).toThrow(`Invalid chunk index ${index}: must be from 1 to 3`);
  });
});

describe('planRanges', () => {
  const split = fc
    .integer({ min: 1, max: 5000 })
    .chain((totalChunks) =>
      fc.tuple(fc.constant(totalChunks), fc.integer({ min: 1, max: Math.min(totalChunks, 400) })),
    );

  it('covers every chunk once, in order, numbered from 1', () => {
    fc.assert(
      fc.property(split, ([totalChunks, count]) => {
        const ranges = planRanges(totalChunks, count, () => false);
        expect(ranges.map(({ n }) => n)).toEqual(ranges.map((_, i) => i + 1));
        const indexes = ranges.flatMap(indexesOf);
        expect(indexes).toHaveLength(totalChunks);
        expect(indexes.every((index, i) => index === i + 1)).toBe(true);
      }),
    );
  });

  it('makes ranges that differ by one chunk at most', () => {
    fc.assert(
      fc.property(split, ([totalChunks, count]) => {
        const lengths = planRanges(totalChunks, count, () => false).map((r) => indexesOf(r).length);
        expect(lengths).toHaveLength(count);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('returns a range with the same number and bounds for any proofs', () => {
    const proven = fc.uniqueArray(fc.integer({ min: 1, max: 500 }));
    fc.assert(
      fc.property(split, proven, ([totalChunks, count], indexes) => {
        const isProven = (index: number) => indexes.includes(index);
        const all = planRanges(totalChunks, count, () => false);
        const left = planRanges(totalChunks, count, isProven);
        const unproven = all.filter((range) => !indexesOf(range).every(isProven));
        expect(left).toEqual(unproven);
      }),
    );
  });

  it('returns no ranges if all chunks are proven', () => {
    expect(planRanges(120, 8, () => true)).toEqual([]);
  });
});

describe('chunksPerSender', () => {
  it.each([
    [1, 50],
    [5 * MiB, 50],
    [minBytesPerSender / 50, 50],
    [minBytesPerSender / 50 + 1, 49],
    [64 * MiB, 8],
    [minBytesPerSender / 2, 2],
    [minBytesPerSender / 2 + 1, 1],
    [minBytesPerSender, 1],
    [minBytesPerSender + 1, 1],
    [4 * GiB, 1],
  ])('gives a sender of chunks of %d bytes at least %i of them', (chunkSizeBytes, expected) => {
    expect(chunksPerSender(chunkSizeBytes)).toBe(expected);
  });
});
