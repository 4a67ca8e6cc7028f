import type { DoubleContent } from './content.ts';
import type { DenialReason } from './denials.ts';
import type { FaultScope, S3Fault } from './faults.ts';
import type { BucketTraits, ObjectTraits, StoredVersion, Versioning } from './objects.ts';

export interface S3DoubleOptions {
  /** Buckets without versioning. */
  readonly buckets?: readonly string[];
  readonly versionedBuckets?: readonly string[];
  /** Default: a free port. */
  readonly port?: number;
  /** The secret for checking every signature. Default: only the signature's form is checked. */
  readonly secretAccessKey?: string;
  /** Replies 403 for a missing key, as S3 does for a role without s3:ListBucket. */
  readonly hidesMissing?: boolean;
}

/** One request and its reply; `status` is 0 without a reply. */
export interface S3Call {
  readonly method: string;
  readonly bucket: string;
  /** As UTF-8. */
  readonly key: string;
  readonly versionId: string | undefined;
  readonly range: string | undefined;
  readonly ifMatch: string | undefined;
  readonly requestPayer: string | undefined;
  status: number;
}

/**
 * A strict S3 for reading, in process: path-style GET and HEAD by wire protocol. Tests put objects with
 * its methods. It stores versions, checks If-Match, decodes the raw path and normalises nothing.
 */
export interface S3Double {
  /** `http://127.0.0.1:port`, for AWS_ENDPOINT_URL_S3. */
  readonly endpoint: string;
  /** Every request, in order. */
  readonly calls: S3Call[];
  /** The offset of its clock from the machine's, in ms. */
  clockAheadMs: number;
  count(method: 'GET' | 'HEAD', key?: string): number;
  /** The GETs of chunks, without the GETs of only the first byte, which check an object. */
  chunkReads(): number;
  /** The replies that are still being sent. */
  openReplies(): number;
  createBucket(name: string, traits?: BucketTraits): void;
  /** Changes a bucket's versioning; existing versions stay. */
  setVersioning(bucket: string, versioning: Versioning): void;
  /** Puts or overwrites an object: a new version, or a new ETag without versioning. */
  put(
    bucket: string,
    key: string | Uint8Array,
    content: DoubleContent | Uint8Array,
    traits?: ObjectTraits,
  ): StoredVersion;
  delete(bucket: string, key: string | Uint8Array): void;
  deleteVersion(bucket: string, key: string | Uint8Array, versionId: string): void;
  /** Denies an existing or missing key to a role: by policy, or by its encryption key. */
  deny(bucket: string, key: string, reason?: DenialReason, role?: string): void;
  allow(bucket: string, key: string): void;
  /** Plans a fault for coming requests. */
  fail(fault: S3Fault, scope?: FaultScope): void;
  clearFaults(): void;
  close(): Promise<void>;
}
