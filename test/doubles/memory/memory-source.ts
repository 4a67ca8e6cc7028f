import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type {
  CrcAlgorithm,
  SourceObject,
  SourceReference,
} from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { sdkCrc } from '../sdk-crc.ts';

/** One content of a key, current or earlier. */
export interface Content {
  readonly object: SourceObject;
  readonly bytes: Buffer;
  /** Whether it is readable: a version until its deletion, other content until the next change. */
  isReadable: boolean;
}

/** The fault of one read; `afterBytes` is the number of bytes before it. */
export type ReadFault =
  | { readonly kind: 'truncated'; readonly afterBytes: number }
  | { readonly kind: 'unavailable' }
  /** Yields no further byte and does not end before its signal aborts. */
  | { readonly kind: 'stalled'; readonly afterBytes: number };

/**
 * S3 over the port, in memory, with and without versions. A read continues with the content that it began
 * to read. The simulation wraps its own faults around it. What only the wire shows (replies, signatures,
 * denials) is in `test/doubles/s3`; s3rver, which stores files, serves local runs only.
 */
export class MemorySource implements SourceReader {
  readonly contents: Content[] = [];
  /** The read ranges, in the order of the requests. */
  readonly reads: ByteRange[] = [];
  /** Size of the pieces of a read, in bytes. */
  pieceBytes = 16 * 1024;
  readonly #byKey = new Map<string, Content[]>();
  readonly #faults = new Map<number, ReadFault>();

  /** Puts an object and returns it as pinned. Without a version, it replaces the key's other content. */
  put(reference: SourceReference, bytes: Buffer, traits: Partial<SourceObject> = {}): SourceObject {
    const etag = createHash('md5').update(bytes).digest('hex');
    const object = { ...reference, etag, sizeBytes: bytes.length, ...traits };
    const contents = this.#of(object);
    if (!object.versionId) for (const old of contents) old.isReadable = false;
    const content = { object, bytes, isReadable: true };
    this.#byKey.set(nameOf(object), [...contents, content]);
    this.contents.push(content);
    return object;
  }

  /** Deletes the named version, or the latest content. */
  delete(reference: SourceReference): void {
    const content = this.current(reference);
    if (content) content.isReadable = false;
  }

  /** Plans a fault for the n-th read from now, counted from 1. */
  failRead(nth: number, fault: ReadFault): void {
    this.#faults.set(this.reads.length + nth, fault);
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

  /** Whether any content of the key has a version: a read must name it. */
  hasVersions(reference: SourceReference): boolean {
    return this.#of(reference).some(({ object }) => object.versionId !== undefined);
  }

  async inspect(reference: SourceReference): Promise<SourceObject> {
    const content = this.current(reference);
    if (content) return content.object;
    throw new TransferError('SourceNotFoundError', `${reference.key} does not exist`);
  }

  /** Does not count as a read of a range. */
  async confirmReadable(source: SourceObject): Promise<void> {
    this.#matching(source);
  }

  async *read(
    source: SourceObject,
    range: ByteRange,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const fault = this.#faults.get(this.reads.push(range));
    const { bytes } = this.#matching(source);
    if (fault?.kind === 'unavailable') throw new TransferError('SourceUnavailableError', '503');
    const requested = lengthOf(range);
    const length = fault ? Math.min(requested, fault.afterBytes) : requested;
    for (const piece of piecesOf(
      bytes.subarray(range.start, range.start + length),
      this.pieceBytes,
    )) {
      signal.throwIfAborted();
      yield piece;
    }
    if (fault?.kind === 'stalled') await aborted(signal);
    if (fault)
      throw new TransferError('TruncatedReadError', `${length} of ${requested} bytes arrived`);
  }

  /**
   * Returns the content of a read with If-Match: the named version, or the latest content.
   * @throws SourceSupersededError - the pinned content is no longer readable
   */
  #matching(source: SourceObject): Content {
    const content = source.versionId ? this.pinned(source) : this.current(source);
    if (content?.isReadable && content.object.etag === source.etag) return content;
    throw new TransferError('SourceSupersededError', `${source.key} has changed`);
  }

  #of(reference: SourceReference): readonly Content[] {
    return this.#byKey.get(nameOf(reference)) ?? [];
  }
}

/** Returns the identity of a content across all keys. */
export function contentOf({ bucket, key, versionId, etag }: SourceObject): string {
  return JSON.stringify([bucket, key, versionId, etag]);
}

/** Returns S3's checksum of these bytes: base64, big-endian. */
export async function checksumOf(algorithm: CrcAlgorithm, bytes: Uint8Array) {
  const crc = await sdkCrc(algorithm);
  crc.update(bytes);
  return { algorithm, value: await crc.digest() };
}

/** Returns bytes that differ from chunk to chunk and are the same in every run. */
export function sampleBytes(sizeBytes: number, seed = 'film'): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, sizeBytes) })
    .update(seed)
    .digest();
}

export function* piecesOf(bytes: Buffer, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function nameOf({ bucket, key }: SourceReference): string {
  return `${bucket}/${key}`;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
