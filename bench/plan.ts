/** What is measured: movers, sizes and shapes, and which of them are left out unless asked for. */

const MiB = 1024 * 1024;
export const GiB = 1024 * MiB;

/** Ways of moving an object from S3 into an upload session, in the order they are shown. */
export const moverNames = [
  'send path',
  'send path, CRC64NVME',
  'bare undici pipe',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
  'SDK helper after download',
] as const;

export type MoverName = (typeof moverNames)[number];

/** Chunk size and how many are in flight. */
export interface Shape {
  readonly chunkSizeBytes: number;
  /** Chunks in flight in all, for every mover but the SDK's helper, which has its own idea. */
  readonly inFlight: number;
  /** Ranges that the send path sends at once: it shares the chunks in flight out among them. */
  readonly rangesAtOnce: number;
}

/** The one that the bounds speak of. */
export const boundShape: Shape = { chunkSizeBytes: 16 * MiB, inFlight: 4, rangesAtOnce: 1 };

/** The one whose memory is bounded too. */
export const largestShape: Shape = { chunkSizeBytes: 64 * MiB, inFlight: 8, rangesAtOnce: 2 };

export const shapes: readonly Shape[] = [
  boundShape,
  { chunkSizeBytes: 5 * MiB, inFlight: 8, rangesAtOnce: 2 },
  largestShape,
];

/** One size in one shape, by several movers. */
export interface Comparison {
  readonly sizeBytes: number;
  readonly shape: Shape;
  readonly movers: readonly MoverName[];
}

/** Up to here a run takes seconds, whatever the mover. */
const quickBytes = 2 * GiB;

/** Run in every shape: what the bounds of memory and the comparison with a shell need. */
const everywhere: readonly MoverName[] = [
  'send path',
  'bare undici pipe, MD5',
  'curl | tee md5sum | curl',
];

/** Slower than the others by far. */
const slow: readonly MoverName[] = ['send path, CRC64NVME', 'SDK helper after download'];

/** What to compare; every mover in every shape at every size with `full`. */
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

function moversFor(sizeBytes: number, shape: Shape): readonly MoverName[] {
  if (shape !== boundShape) return everywhere;
  return moverNames.filter((name) => sizeBytes <= quickBytes || !slow.includes(name));
}

/** What `planComparisons` leaves out without `full`, and why. */
export const leftOut: readonly string[] = [
  'Left out, to end within a quarter of an hour: the SDK helper and the CRC above 2 GiB, which take a',
  'minute or two a run; shapes other than 16 MiB × 4 above 2 GiB, and some movers in them. --full runs all.',
];

/** `16 MiB × 4`. */
export function shapeName({ chunkSizeBytes, inFlight }: Shape): string {
  return `${chunkSizeBytes / MiB} MiB × ${inFlight}`;
}
