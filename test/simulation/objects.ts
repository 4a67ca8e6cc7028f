import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type {
  SourceChecksum,
  SourceObject,
  SourceReference,
} from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { Chance } from './chance.ts';

/** One content that a key had or has. */
export interface Content {
  readonly object: SourceObject;
  readonly bytes: Buffer;
  /** Whether it can still be read: a version until it is deleted, else until anything changes. */
  isThere: boolean;
}

/** How a new content is kept. */
export interface Keeping {
  readonly isVersioned: boolean;
  /** As from before its bucket had versions: under the version `null`. */
  readonly isNull?: boolean;
  /** As under SSE-KMS: an ETag that is no MD5. */
  readonly isEncrypted: boolean;
  readonly checksum?: SourceChecksum | undefined;
}

/** S3 with and without versions: a read goes on with what it began to read, whatever is written. */
export class ObjectStore implements SourceReader {
  readonly contents: Content[] = [];
  /** Bytes of the pieces in which a range is read. */
  pieceBytes = pieceBytes;
  readonly #chance: Chance;
  #versions = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  put({ bucket, key }: SourceReference, bytes: Buffer, keeping: Keeping): Content {
    const salt = keeping.isEncrypted ? String(this.#chance.random()) : '';
    const etag = createHash('md5').update(bytes).update(salt).digest('hex');
    const versionId = keeping.isNull ? 'null' : this.#versionOf(keeping);
    if (!versionId) for (const old of this.#of({ bucket, key })) old.isThere = false;
    const { checksum } = keeping;
    const object = { bucket, key, versionId, etag, sizeBytes: bytes.length, checksum };
    const content = { object, bytes, isThere: true };
    this.contents.push(content);
    return content;
  }

  #versionOf({ isVersioned }: Keeping): string | undefined {
    return isVersioned ? `v${++this.#versions}` : undefined;
  }

  /** Of a key with versions only the one that is named, or else the latest, is deleted. */
  delete(reference: SourceReference): void {
    const content = this.current(reference);
    if (content) content.isThere = false;
  }

  current({ bucket, key, versionId }: SourceReference): Content | undefined {
    const there = this.#of({ bucket, key }).filter(({ isThere }) => isThere);
    return there.findLast(({ object }) => !versionId || object.versionId === versionId);
  }

  /** The content that an object was pinned to, also where it is gone. */
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
    if (this.#namedNow(source)) return;
    throw new TransferError('SourceSupersededError', `${source.key} is another object now`);
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

  /** @throws SourceSupersededError - another content is there by now, or none */
  pinnedNow(source: SourceObject): Content {
    const content = this.#namedNow(source);
    if (content) return content;
    throw new TransferError('SourceSupersededError', `${source.key} is another object now`);
  }

  /** What a read with If-Match meets: the latest content, unless it names a version. */
  #namedNow(source: SourceObject): Content | undefined {
    const content = source.versionId ? this.pinned(source) : this.current(source);
    return content?.isThere && content.object.etag === source.etag ? content : undefined;
  }

  /** Whether any content of the key has a version, which a read then must name. */
  hasVersions(reference: SourceReference): boolean {
    return this.#of(reference).some(({ object }) => object.versionId !== undefined);
  }

  #of({ bucket, key }: SourceReference): Content[] {
    return this.contents.filter(({ object }) => object.bucket === bucket && object.key === key);
  }
}

/** One content among all of all keys. */
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

/** Those whose checksum of a whole object can be combined. */
export const crcAlgorithms = ['CRC64NVME', 'CRC32', 'CRC32C'] as const;
