import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type {
  SourceChecksum,
  SourceObject,
  SourceReference,
} from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { Chance } from '../harness/chance.ts';

/** One content of a key, current or earlier. */
export interface Content {
  readonly object: SourceObject;
  readonly bytes: Buffer;
  /** Whether it is readable: a version until its deletion, other content until the next change. */
  isReadable: boolean;
}

/** How a new content is stored. */
export interface PutOptions {
  readonly isVersioned: boolean;
  /** Stored under the version `null`, as before its bucket had versioning. */
  readonly isNull?: boolean;
  /** As under SSE-KMS: the ETag is not an MD5. */
  readonly isEncrypted: boolean;
  readonly checksum?: SourceChecksum | undefined;
}

/** S3 with and without versioning. A read continues with the content that it began to read. */
export class ObjectStore implements SourceReader {
  readonly contents: Content[] = [];
  /** Size of the pieces of a read, in bytes. */
  pieceBytes = pieceBytes;
  readonly #chance: Chance;
  #versions = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  put({ bucket, key }: SourceReference, bytes: Buffer, options: PutOptions): Content {
    const salt = options.isEncrypted ? String(this.#chance.random()) : '';
    const etag = createHash('md5').update(bytes).update(salt).digest('hex');
    const versionId = options.isNull ? 'null' : this.#versionOf(options);
    if (!versionId) for (const old of this.#of({ bucket, key })) old.isReadable = false;
    const { checksum } = options;
    const object = { bucket, key, versionId, etag, sizeBytes: bytes.length, checksum };
    const content = { object, bytes, isReadable: true };
    this.contents.push(content);
    return content;
  }

  #versionOf({ isVersioned }: PutOptions): string | undefined {
    return isVersioned ? `v${++this.#versions}` : undefined;
  }

  /** Deletes the named version, or the latest content. */
  delete(reference: SourceReference): void {
    const content = this.current(reference);
    if (content) content.isReadable = false;
  }

  current({ bucket, key, versionId }: SourceReference): Content | undefined {
    const readable = this.#of({ bucket, key }).filter(({ isReadable }) => isReadable);
    return readable.findLast(({ object }) => !versionId || object.versionId === versionId);
  }

  /** Returns the content that an object was pinned to, also after its deletion. */
  pinned(source: SourceObject): Content | undefined {
    return this.#of(source).findLast(
      ({ object }) => object.etag === source.etag && object.versionId === source.versionId,
    );
  }

  async inspect(reference: SourceReference): Promise<SourceObject> {
    const content = this.current(reference);
    if (content) return content.object;
    throw new TransferError('SourceNotFoundError', `${reference.key} does not exist`);
  }

  async confirmReadable(source: SourceObject): Promise<void> {
    if (this.#matching(source)) return;
    throw new TransferError('SourceSupersededError', `${source.key} has changed`);
  }

  async *read(
    source: SourceObject,
    range: ByteRange,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    const { start } = range;
    const bytes = this.pinnedNow(source).bytes.subarray(start, start + lengthOf(range));
    yield* pieces(bytes, this.pieceBytes);
  }

  /** @throws SourceSupersededError - the pinned content is no longer readable */
  pinnedNow(source: SourceObject): Content {
    const content = this.#matching(source);
    if (content) return content;
    throw new TransferError('SourceSupersededError', `${source.key} has changed`);
  }

  /** Returns the content of a read with If-Match: the named version, or the latest content. */
  #matching(source: SourceObject): Content | undefined {
    const content = source.versionId ? this.pinned(source) : this.current(source);
    return content?.isReadable && content.object.etag === source.etag ? content : undefined;
  }

  /** Whether any content of the key has a version: a read must name it. */
  hasVersions(reference: SourceReference): boolean {
    return this.#of(reference).some(({ object }) => object.versionId !== undefined);
  }

  #of({ bucket, key }: SourceReference): Content[] {
    return this.contents.filter(({ object }) => object.bucket === bucket && object.key === key);
  }
}

/** Returns the identity of a content across all keys. */
export function contentOf({ bucket, key, versionId, etag }: SourceObject): string {
  return JSON.stringify([bucket, key, versionId, etag]);
}

export const pieceBytes = 128;

export function* pieces(bytes: Buffer, size = pieceBytes): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** The algorithms whose full-object checksum can be combined from chunks. */
export const crcAlgorithms = ['CRC64NVME', 'CRC32', 'CRC32C'] as const;
