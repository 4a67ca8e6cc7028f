/** The shapes and sizes of the measured transfers. */

const MiB = 1024 * 1024;
export const GiB = 1024 * MiB;

/** A chunk size and a number of chunks in flight. */
export interface Shape {
  readonly chunkSizeBytes: number;
  /** Chunks in flight, in total. The SDK helper ignores it and uses its own default. */
  readonly inFlight: number;
  /** Ranges that the send path sends at once. They share the chunks in flight. */
  readonly rangesAtOnce: number;
}

export const shapes = {
  '5MiB': { chunkSizeBytes: 5 * MiB, inFlight: 8, rangesAtOnce: 2 },
  '16MiB': { chunkSizeBytes: 16 * MiB, inFlight: 4, rangesAtOnce: 1 },
  '64MiB': { chunkSizeBytes: 64 * MiB, inFlight: 8, rangesAtOnce: 2 },
} as const satisfies Readonly<Record<string, Shape>>;

export type ShapeName = keyof typeof shapes;

export const sizes = {
  '64MiB': 64 * MiB,
  '1GiB': GiB,
  '2GiB': 2 * GiB,
  '8GiB': 8 * GiB,
} as const;

export type SizeName = keyof typeof sizes;

/** Returns a shape as `16 MiB × 4`. */
export function shapeLabel({ chunkSizeBytes, inFlight }: Shape): string {
  return `${chunkSizeBytes / MiB} MiB × ${inFlight}`;
}

/** Returns a size as `64 MiB` or `2 GiB`. */
export function sizeLabel(bytes: number): string {
  return bytes < GiB ? `${bytes / MiB} MiB` : `${bytes / GiB} GiB`;
}
