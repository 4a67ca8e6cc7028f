/** The measurements: movers, sizes and shapes, and the default selection. */

const MiB = 1024 * 1024;
export const GiB = 1024 * MiB;

/** Ways of moving an object from S3 into an upload session, in display order. */
export const moverNames = [
  'send path',
  'send path, CRC64NVME',
  'bare undici pipe',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
  'SDK helper after download',
] as const;

export type MoverName = (typeof moverNames)[number];

/** A chunk size and a number of chunks in flight. */
export interface Shape {
  readonly chunkSizeBytes: number;
  /** Chunks in flight, in total. The SDK helper ignores it and uses its own default. */
  readonly inFlight: number;
  /** Ranges that the send path sends at once. They share the chunks in flight. */
  readonly rangesAtOnce: number;
}

/** The shape of the speed and CPU limits. */
export const boundShape: Shape = { chunkSizeBytes: 16 * MiB, inFlight: 4, rangesAtOnce: 1 };

/** The shape of the memory limit. */
export const largestShape: Shape = { chunkSizeBytes: 64 * MiB, inFlight: 8, rangesAtOnce: 2 };

const smallestShape: Shape = { chunkSizeBytes: 5 * MiB, inFlight: 8, rangesAtOnce: 2 };

const shapes: readonly Shape[] = [boundShape, smallestShape, largestShape];

/** One size in one shape, moved by several movers. */
export interface Comparison {
  readonly sizeBytes: number;
  readonly shape: Shape;
  readonly movers: readonly MoverName[];
}

/** Up to this size, a run of any mover takes only seconds. */
const quickBytes = 2 * GiB;

/** The movers of every shape: the memory limit and the comparison with a shell need them. */
const moversOfEveryShape: readonly MoverName[] = [
  'send path',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
];

/** The slowest movers by far. */
const slowMovers: readonly MoverName[] = ['send path, CRC64NVME', 'SDK helper after download'];

/** Returns the comparisons. With `full`, every mover runs in every shape at every size. */
export function planComparisons(sizes: readonly number[], full: boolean): Comparison[] {
  return sizes.flatMap((sizeBytes) =>
    shapes
      .filter((shape) => full || shape === boundShape || sizeBytes <= quickBytes)
      .map((shape) => ({
        sizeBytes,
        shape,
        movers: full ? moverNames : moversFor(sizeBytes, shape),
      })),
  );
}

/** Every mover once, with a small object of 13 chunks. */
export const smokeComparisons: readonly Comparison[] = [
  { sizeBytes: 64 * MiB, shape: smallestShape, movers: moverNames },
];

function moversFor(sizeBytes: number, shape: Shape): readonly MoverName[] {
  if (shape !== boundShape) return moversOfEveryShape;
  return moverNames.filter((name) => sizeBytes <= quickBytes || !slowMovers.includes(name));
}

/** Explains the default selection of `planComparisons`. */
export const omitted: readonly string[] = [
  'Not run by default, to end within 15 minutes: the SDK helper and CRC64NVME above 2 GiB, where a run',
  'takes 1 to 2 minutes; other shapes than 16 MiB × 4 above 2 GiB; some movers in them. --full runs all.',
];

/** Returns a shape as `16 MiB × 4`. */
export function shapeName({ chunkSizeBytes, inFlight }: Shape): string {
  return `${chunkSizeBytes / MiB} MiB × ${inFlight}`;
}
