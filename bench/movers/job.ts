import type { Shape } from '../plan/shapes.ts';
import type { Film } from '../processes/films.ts';
import type { Bucket, Sink } from '../processes/servers.ts';

/** The job of a mover: the objects, the destination, and the shape. */
export interface MoverJob {
  readonly source: Bucket;
  /** Moved one after another. */
  readonly films: readonly Film[];
  readonly sink: Sink;
  readonly tableUrl: string;
  readonly shape: Shape;
  /** A folder for temporary files. */
  readonly directory: string;
  /** The checksum to compute, for movers with a choice. */
  readonly sums?: 'md5' | undefined;
  /** The bucket to write to, for movers that know no upload sessions. */
  readonly target?: Bucket | undefined;
  /** The program to run, for movers that are one. */
  readonly program?: readonly string[] | undefined;
}

/** Returns an object's URL. The local S3 requires no signature. */
export function objectUrl({ source }: MoverJob, { key }: Film): string {
  return `${source.url}/${source.bucket}/${key}`;
}
