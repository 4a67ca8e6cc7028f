import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { SourceObject, SourceReference } from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { systemClock } from '#src/system/system-clock.ts';
import type { MemorySource } from '../../doubles/memory/memory-source.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { Faults } from './fault-classes.ts';
import type { S3Faults } from './s3-outages.ts';

/** Size of the pieces of a read without a slow connection, in bytes. */
export const pieceBytes = 128;

/** Hooks of a faulty source. */
export interface SourceFaults {
  readonly faults: Faults;
  /** Overwrites or deletes the object of a key. */
  change(reference: SourceReference, how: 'overwrite' | 'delete'): void;
  /** Called when a read returned wrong bytes. */
  onWrongBytes(object: SourceObject): void;
  /** Called when a read names no version although the key has versions. */
  onUnpinnedRead(object: SourceObject): void;
  readonly s3: S3Faults;
}

/** Returns a source reader for one sandbox. Objects may change at any time. */
export function faultySource(
  objects: MemorySource,
  { faults, change, onWrongBytes, onUnpinnedRead, s3 }: SourceFaults,
  sandbox: Sandbox,
): SourceReader {
  const check = (object: SourceObject) => {
    s3.throwIfFaulty(object);
    if (object.versionId === undefined && objects.hasVersions(object)) onUnpinnedRead(object);
  };
  const applyFaults = (reference: SourceReference) => {
    if (faults.strikes('source overwritten')) change(reference, 'overwrite');
    if (faults.strikes('source deleted')) change(reference, 'delete');
    if (faults.strikes('source unavailable')) {
      throw new TransferError('SourceUnavailableError', 'S3 answered 503');
    }
  };
  return {
    inspect: (reference) =>
      sandbox.call(`source.inspect ${reference.key}`, async () => {
        s3.throwIfFaulty(reference);
        applyFaults(reference);
        return objects.inspect(reference);
      }),
    // The call has no effect; it needs no check that its process is alive.
    confirmReadable: async (object) => {
      check(object);
      return objects.confirmReadable(object);
    },
    async *read(object, range, signal) {
      check(object);
      await sandbox.call(`source.read ${range.start}`, async () => applyFaults(object));
      const isTruncated = faults.strikes('read truncated');
      // Without a checksum of the object, wrong bytes would be undetectable.
      const { checksum } = objects.pinned(object)?.object ?? {};
      const isWrong = checksum !== undefined && faults.strikes('wrong bytes read');
      if (isWrong) onWrongBytes(object);
      let sizeBytes = 0;
      for await (const piece of objects.read(object, range, signal)) {
        if (isTruncated && sizeBytes > 0) break;
        const isStart = sizeBytes % pieceBytes === 0;
        if (isStart && faults.strikes('read stalled')) await systemClock.sleep(3_600_000, signal);
        if (!sandbox.isAlive)
          throw new TransferError('SourceUnavailableError', 'the process is dead');
        sizeBytes += piece.byteLength;
        const bytes = isWrong ? inverted(piece) : piece;
        yield isTruncated ? bytes.subarray(0, Math.ceil(bytes.byteLength / 2)) : bytes;
      }
      if (isTruncated) throw new TransferError('TruncatedReadError', 'the read ended early');
    },
  };
}

function inverted(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => 255 - byte);
}
