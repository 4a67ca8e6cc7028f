import { createHash } from 'node:crypto';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { bufferContent, crcOf, type DoubleContent, digestOf } from './content.ts';

/** An object's properties. Default: a plain object of class STANDARD. */
export interface ObjectTraits {
  readonly contentType?: string;
  /** Without quotes. Default: the MD5 of bytes, or the multipart form `…-n` for seeded content. */
  readonly etag?: string;
  readonly storageClass?: string;
  readonly archiveStatus?: string;
  /** The value of the Restore header, such as `ongoing-request="true"`. */
  readonly restore?: string;
  readonly checksum?: {
    /** Any algorithm but a CRC needs a value. */
    readonly algorithm: CrcAlgorithm | 'SHA1' | 'SHA256';
    readonly type?: 'FULL_OBJECT' | 'COMPOSITE';
    /** Default: the true value. */
    readonly value?: string;
  };
  /** The encryption in replies, such as `AES256` or `aws:kms`. */
  readonly encryption?: string;
  /** The sizes of its parts, for a HEAD of one part. */
  readonly partBytes?: readonly number[];
  readonly contentEncoding?: string;
  /** SSE-KMS: the ARN of the key. */
  readonly kmsKey?: string;
  /** SSE-C: a read needs the customer's key. */
  readonly customerEncrypted?: boolean;
}

export interface StoredVersion extends ObjectTraits {
  readonly versionId: string;
  readonly etag: string;
  /** Absent: a delete marker. */
  readonly content?: DoubleContent;
  /** The checksum's value, computed at the first request. */
  checksumValue(): Promise<string>;
}

/** No versions, a version for each put, or only the version named `null`. */
export type Versioning = 'never' | 'enabled' | 'suspended';

export interface StoredBucket {
  versioning: Versioning;
  /** Whether reads must accept the charge (Requester Pays). */
  readonly isRequesterPays: boolean;
  readonly region: string;
  /** Versions by key, oldest first. A key's bytes are latin1 characters, which allows any bytes. */
  readonly objects: Map<string, StoredVersion[]>;
}

/** The Region of the double, and of its buckets by default. */
export const ownRegion = 'us-east-1';

/** Returns a key's bytes, one character each. */
export function keyBytes(key: string | Uint8Array): string {
  return Buffer.from(typeof key === 'string' ? Buffer.from(key, 'utf8') : key).toString('latin1');
}

export interface BucketTraits {
  readonly versioned?: boolean;
  readonly region?: string;
  /** Denies every read that does not accept the charge (Requester Pays). */
  readonly requesterPays?: boolean;
}

/** The versions of all objects, as in S3 with versioning on or off. */
export class ObjectStore {
  readonly buckets = new Map<string, StoredBucket>();
  #written = 0;

  createBucket(name: string, traits: BucketTraits = {}): void {
    const { versioned = false, region = ownRegion, requesterPays = false } = traits;
    const versioning = versioned ? 'enabled' : 'never';
    const objects = new Map<string, StoredVersion[]>();
    this.buckets.set(name, { versioning, region, isRequesterPays: requesterPays, objects });
  }

  /** Changes a bucket's versioning; existing versions stay. */
  setVersioning(bucket: string, versioning: Versioning): void {
    this.bucket(bucket).versioning = versioning;
  }

  /** Puts or overwrites an object: a new version, or a new ETag without versioning. */
  put(
    bucket: string,
    key: string | Uint8Array,
    content: DoubleContent | Uint8Array,
    traits: ObjectTraits = {},
  ): StoredVersion {
    const whole = content instanceof Uint8Array ? bufferContent(content) : content;
    const isSeeded = !(content instanceof Uint8Array);
    return this.#add(bucket, key, {
      ...traits,
      versionId: this.#nextVersionId(bucket),
      etag: traits.etag ?? etagOf(whole, isSeeded),
      content: whole,
      checksumValue: checksumOnce(whole, traits),
    });
  }

  /** Adds a delete marker in a versioned bucket, or removes the object. */
  delete(bucket: string, key: string | Uint8Array): void {
    const { versioning, objects } = this.bucket(bucket);
    if (versioning === 'never') objects.delete(keyBytes(key));
    else {
      const marker = { versionId: this.#nextVersionId(bucket), etag: '' };
      this.#add(bucket, key, { ...marker, checksumValue: async () => '' });
    }
  }

  deleteVersion(bucket: string, key: string | Uint8Array, versionId: string): void {
    const { objects } = this.bucket(bucket);
    const left = (objects.get(keyBytes(key)) ?? []).filter((one) => one.versionId !== versionId);
    objects.set(keyBytes(key), left);
  }

  bucket(name: string): StoredBucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new Error(`the double has no bucket ${name}`);
    return bucket;
  }

  #nextVersionId(bucket: string): string {
    this.#written += 1;
    return this.bucket(bucket).versioning === 'enabled' ? `version.${this.#written}` : 'null';
  }

  #add(bucket: string, key: string | Uint8Array, version: StoredVersion): StoredVersion {
    const { objects } = this.bucket(bucket);
    const older = objects.get(keyBytes(key)) ?? [];
    const kept = older.filter((one) => one.versionId !== version.versionId);
    objects.set(keyBytes(key), [...kept, version]);
    return version;
  }
}

function etagOf(content: DoubleContent, isSeeded: boolean): string {
  if (!isSeeded) return digestOf(content, 'md5');
  // Hashing gigabytes at every start would be slow, and a multipart ETag is not a digest of the bytes.
  const sample = digestOf(content, 'md5', 0, Math.min(content.sizeBytes, 4096));
  const mark = createHash('md5').update(`${sample}/${content.sizeBytes}`).digest('hex');
  return `${mark}-${Math.max(1, Math.ceil(content.sizeBytes / (16 * 1024 * 1024)))}`;
}

function checksumOnce(content: DoubleContent, { checksum }: ObjectTraits): () => Promise<string> {
  let value: Promise<string> | undefined;
  return () => {
    value ??= checksum?.value
      ? Promise.resolve(checksum.value)
      : crcOf(content, (checksum?.algorithm ?? 'CRC32') as CrcAlgorithm);
    return value;
  };
}
