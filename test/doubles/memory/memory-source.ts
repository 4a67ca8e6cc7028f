import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type {
  CrcAlgorithm,
  SourceObject,
  SourceReference,
} from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { sdkCrc } from '../sdk-crc.ts';

interface Stored {
  readonly object: SourceObject;
  readonly bytes: Buffer;
}

/** The fault of one read; `afterBytes` is the number of bytes before it. */
export type ReadFault =
  | { readonly kind: 'truncated'; readonly afterBytes: number }
  | { readonly kind: 'unavailable' }
  /** Yields no further byte and does not end before its signal aborts. */
  | { readonly kind: 'stalled'; readonly afterBytes: number };

const pieceBytes = 16 * 1024;

/** Objects in memory, each pinned by its ETag. Overwriting an object ends all reads of its old content. */
export class MemorySource implements SourceReader {
  /** The read ranges, in the order of the requests. */
  readonly reads: ByteRange[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #faults = new Map<number, ReadFault>();

  /** Puts an object and returns it as pinned. */
  put(reference: SourceReference, bytes: Buffer, traits: Partial<SourceObject> = {}): SourceObject {
    const etag = createHash('md5').update(bytes).digest('hex');
    const object = { ...reference, etag, sizeBytes: bytes.length, ...traits };
    this.#objects.set(nameOf(reference), { object, bytes });
    return object;
  }

  delete(reference: SourceReference): void {
    this.#objects.delete(nameOf(reference));
  }

  /** Plans a fault for the n-th read from now, counted from 1. */
  failRead(nth: number, fault: ReadFault): void {
    this.#faults.set(this.reads.length + nth, fault);
  }

  async inspect(reference: SourceReference): Promise<SourceObject> {
    const stored = this.#objects.get(nameOf(reference));
    if (stored) return stored.object;
    throw new TransferError('SourceNotFoundError', `${nameOf(reference)} does not exist`);
  }

  /** Does not count as a read of a range. */
  async confirmReadable(source: SourceObject): Promise<void> {
    if (this.#objects.get(nameOf(source))?.object.etag === source.etag) return;
    throw new TransferError('SourceSupersededError', `${nameOf(source)} has changed`);
  }

  async *read(
    source: SourceObject,
    range: ByteRange,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const fault = this.#faults.get(this.reads.push(range));
    const stored = this.#objects.get(nameOf(source));
    if (stored?.object.etag !== source.etag) {
      throw new TransferError('SourceSupersededError', `${nameOf(source)} has changed`);
    }
    if (fault?.kind === 'unavailable') throw new TransferError('SourceUnavailableError', '503');
    const requested = lengthOf(range);
    const length = fault ? Math.min(requested, fault.afterBytes) : requested;
    yield* piecesOf(stored.bytes.subarray(range.start, range.start + length), signal);
    if (fault?.kind === 'stalled') await aborted(signal);
    if (fault)
      throw new TransferError('TruncatedReadError', `${length} of ${requested} bytes arrived`);
  }
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

async function* piecesOf(bytes: Buffer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    signal.throwIfAborted();
    yield bytes.subarray(at, at + pieceBytes);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function nameOf({ bucket, key, versionId }: SourceReference): string {
  return `s3://${bucket}/${key}${versionId ? `?${versionId}` : ''}`;
}
