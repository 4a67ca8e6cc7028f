import { createHash } from 'node:crypto';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { bufferContent, crcOf, type DoubleContent, digestOf } from './content.ts';

/** What an object is besides its bytes; all left out: a plain object of class STANDARD. */
export interface ObjectTraits {
  readonly contentType?: string;
  /** Bare. Left out: the MD5 of bytes, or for seeded content one of the multipart form `…-n`. */
  readonly etag?: string;
  readonly storageClass?: string;
  readonly archiveStatus?: string;
  /** The Restore header's value, such as `ongoing-request="true"`. */
  readonly restore?: string;
  readonly checksum?: {
    /** Of any but a CRC the value is given. */
    readonly algorithm: CrcAlgorithm | 'SHA1' | 'SHA256';
    readonly type?: 'FULL_OBJECT' | 'COMPOSITE';
    /** Left out: the true one. */
    readonly value?: string;
  };
  /** The encryption that a reply names, such as `AES256` or `aws:kms`. */
  readonly encryption?: string;
  /** Sizes of the parts that it was uploaded in, of which a HEAD of one part tells. */
  readonly partBytes?: readonly number[];
  readonly contentEncoding?: string;
  /** SSE-KMS: the ARN of the key. */
  readonly kmsKey?: string;
  /** SSE-C: no reading without the customer's key. */
  readonly customerEncrypted?: boolean;
}

export interface StoredVersion extends ObjectTraits {
  readonly versionId: string;
  readonly etag: string;
  /** Absent: a delete marker. */
  readonly content?: DoubleContent;
  /** The checksum's value, computed at the first asking. */
  checksumValue(): Promise<string>;
}

/** Without versions, with one for each put, or with the one named `null` over and over. */
export type Versioning = 'never' | 'enabled' | 'suspended';

export interface StoredBucket {
  versioning: Versioning;
  /** Whether reads must say that the requester pays. */
  readonly isRequesterPays: boolean;
  readonly region: string;
  /** By key, its bytes as latin1, so that any bytes make a key; oldest version first. */
  readonly objects: Map<string, StoredVersion[]>;
}

/** A key's bytes, one character each. */
export function keyBytes(key: string | Uint8Array): string {
  return Buffer.from(typeof key === 'string' ? Buffer.from(key, 'utf8') : key).toString('latin1');
}

export interface BucketTraits {
  readonly versioned?: boolean;
  readonly region?: string;
  /** Denies every read that does not say that the requester pays. */
  readonly requesterPays?: boolean;
}

/** The versions of all objects, as S3 keeps them with versioning on or off. */
export class ObjectShelf {
  readonly buckets = new Map<string, StoredBucket>();
  #written = 0;

  createBucket(name: string, traits: Omit<StoredBucket, 'objects'>): void {
    this.buckets.set(name, { ...traits, objects: new Map() });
  }

  put(
    bucket: string,
    key: string | Uint8Array,
    content: DoubleContent | Uint8Array,
    traits: ObjectTraits,
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

  /** Adds a delete marker where the bucket is versioned; otherwise the object is gone. */
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
  // Hashing gigabytes at every start would be slow; a multipart ETag is no digest of the bytes anyway.
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
