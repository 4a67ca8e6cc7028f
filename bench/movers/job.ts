import type { Shape } from '../plan.ts';
import type { Sink } from '../servers.ts';

/** The job of a mover: the object, the destination, and the shape. */
export interface MoverJob {
  readonly s3Url: string;
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly sink: Sink;
  readonly tableUrl: string;
  readonly shape: Shape;
  /** A folder for temporary files. */
  readonly directory: string;
  /** The checksum to compute, for movers with a choice. */
  readonly sums?: 'md5' | 'crc' | undefined;
}

/** Returns the object's URL. The local S3 requires no signature. */
export function objectUrl({ s3Url, bucket, key }: MoverJob): string {
  return `${s3Url}/${bucket}/${key}`;
}
