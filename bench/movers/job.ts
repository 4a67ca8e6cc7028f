import type { Shape } from '../plan.ts';
import type { Sink } from '../servers.ts';

/** What a mover is told: which object to move, where to, and how. */
export interface MoverJob {
  readonly s3Url: string;
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly sink: Sink;
  readonly tableUrl: string;
  readonly shape: Shape;
  /** A folder of its own, on the disk that has room. */
  readonly directory: string;
  /** What is hashed on the way, where that is left open. */
  readonly sums?: 'md5' | 'crc' | undefined;
}

/** The object's address, for who needs no signature: the local S3 asks for none. */
export function objectUrl({ s3Url, bucket, key }: MoverJob): string {
  return `${s3Url}/${bucket}/${key}`;
}
