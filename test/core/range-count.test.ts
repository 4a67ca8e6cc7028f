import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxRangesPerPlan, plannedBytesPerSecond } from '#src/core/limits/limits.ts';
import {
  type ChunkLayout,
  chunkCount,
  chunksPerSender,
  countRanges,
  indexesOf,
  planRanges,
} from '#src/core/transfer/chunk-plan.ts';

const MiB = 1024 ** 2;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;

const sizes = [
  ['64 MiB', 64 * MiB],
  ['256 MiB', 256 * MiB],
  ['1 GiB', GiB],
  ['4 GiB', 4 * GiB],
  ['10 GiB', 10 * GiB],
  ['100 GiB', 100 * GiB],
  ['5 TiB', 5 * TiB],
] as const;

const chunkSizes = [5 * MiB, 16 * MiB, 64 * MiB, 512 * MiB];

/** The defaults: 8 ranges at once, 10 minutes, 4 chunks in flight. */
const bounds = { rangesAtOnce: 8, sendTimeoutMs: 600_000 };
const chunksInFlight = 4;

function layoutOf(sizeBytes: number, chunkSizeBytes: number): ChunkLayout {
  return { totalChunks: chunkCount(sizeBytes, chunkSizeBytes), chunkSizeBytes };
}

/** Returns the lengths of all ranges, in chunks. */
function lengthsOf(layout: ChunkLayout): number[] {
  const count = countRanges(layout, bounds);
  return planRanges(layout.totalChunks, count, () => false).map((r) => indexesOf(r).length);
}

/** Returns the same as it was before November 2026: 50 chunks or 512 MiB, the last range shorter. */
function lengthsBefore({ totalChunks, chunkSizeBytes }: ChunkLayout): number[] {
  const width = chunksPerSender(chunkSizeBytes);
  return Array.from({ length: Math.ceil(totalChunks / width) }, (_, i) =>
    Math.min(width, totalChunks - i * width),
  );
}

/** Returns the ranges that the Map sends at once, and their chunks in flight. */
function atOnce(lengths: readonly number[]) {
  const first = lengths.slice(0, bounds.rangesAtOnce);
  const inFlight = first.reduce((sum, chunks) => sum + Math.min(chunks, chunksInFlight), 0);
  return { ranges: first.length, inFlight };
}

/** Returns how many chunks one after another the last sender sends. Each sender takes the next range. */
function depthOf(lengths: readonly number[]): number {
  const senders = new Array<number>(bounds.rangesAtOnce).fill(0);
  for (const chunks of lengths) {
    const next = senders.indexOf(Math.min(...senders));
    senders[next] = (senders[next] ?? 0) + Math.ceil(chunks / chunksInFlight);
  }
  return Math.max(...senders);
}

describe('the parallelism of an object does not fall:', () => {
  const cases = sizes.flatMap(([name, sizeBytes]) =>
    chunkSizes.map((chunkSizeBytes) => [name, chunkSizeBytes / MiB, sizeBytes] as const),
  );

  it.each(cases)('%s in chunks of %i MiB', (_, chunkMiB, sizeBytes) => {
    const layout = layoutOf(sizeBytes, chunkMiB * MiB);
    const [before, after] = [lengthsBefore(layout), lengthsOf(layout)];
    expect(atOnce(after).ranges).toBeGreaterThanOrEqual(atOnce(before).ranges);
    expect(atOnce(after).inFlight).toBeGreaterThanOrEqual(atOnce(before).inFlight);
    expect(depthOf(after)).toBeLessThanOrEqual(depthOf(before) * 1.05 + 1);
  });
});

describe('countRanges', () => {
  it.each([
    ['64 MiB', 64 * MiB, 5, 1],
    ['256 MiB', 256 * MiB, 5, 2],
    ['1 GiB', GiB, 5, 5],
    ['4 GiB', 4 * GiB, 5, 8],
    ['10 GiB', 10 * GiB, 5, 8],
    ['4 GiB', 4 * GiB, 16, 8],
    ['100 GiB', 100 * GiB, 64, 24],
  ])('splits %s (%i bytes) in chunks of %i MiB into %i ranges', (_, sizeBytes, chunkMiB, count) => {
    expect(countRanges(layoutOf(sizeBytes, chunkMiB * MiB), bounds)).toBe(count);
  });

  const anyLayout = fc.record({
    totalChunks: fc.integer({ min: 1, max: 20_000 }),
    chunkSizeBytes: fc.integer({ min: 1, max: GiB }),
  });
  const anyBounds = fc.record({
    rangesAtOnce: fc.integer({ min: 1, max: 40 }),
    sendTimeoutMs: fc.integer({ min: 60_000, max: 900_000 }),
  });

  it('gives each range what one sender moves in half of its time limit at most', () => {
    fc.assert(
      fc.property(anyLayout, anyBounds, (layout, given) => {
        const count = countRanges(layout, given);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(Math.min(maxRangesPerPlan, layout.totalChunks));
        if (count === maxRangesPerPlan) return;
        const movedBytes = (given.sendTimeoutMs / 2000) * plannedBytesPerSecond;
        for (const range of planRanges(layout.totalChunks, count, () => false)) {
          const chunks = indexesOf(range).length;
          if (chunks > 1) expect(chunks * layout.chunkSizeBytes).toBeLessThanOrEqual(movedBytes);
        }
      }),
    );
  });

  it('plans no more ranges than run at once, unless their time requires it', () => {
    fc.assert(
      fc.property(anyLayout, anyBounds, (layout, given) => {
        const count = countRanges(layout, given);
        const senders = Math.ceil(layout.totalChunks / chunksPerSender(layout.chunkSizeBytes));
        const atLeast = Math.min(given.rangesAtOnce, senders);
        expect(count).toBeGreaterThanOrEqual(Math.min(atLeast, maxRangesPerPlan));
        const unhurried = countRanges(layout, { ...given, sendTimeoutMs: 1e12 });
        expect(unhurried).toBe(atLeast);
      }),
    );
  });
});
