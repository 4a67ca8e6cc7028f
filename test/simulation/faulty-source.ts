import { systemClock } from '#src/config/system-clock.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { SourceObject, SourceReference } from '#src/core/source/source-object.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { Mishaps } from './fault-classes.ts';
import { type ObjectStore, pieceBytes } from './objects.ts';
import type { S3Weather } from './s3-weather.ts';
import type { Sandbox } from './sandbox.ts';

/** Objects as a sandbox reads them; somebody else may change them at any time. */
export interface SourceFaults {
  readonly mishaps: Mishaps;
  /** Writes another content over a key, or deletes it. */
  change(reference: SourceReference, how: 'overwrite' | 'delete'): void;
  /** Is told of an object that was read wrong. */
  lied(object: SourceObject): void;
  /** Is told of a read that named no version of a key that has some. */
  readBlindly(object: SourceObject): void;
  readonly s3: S3Weather;
}

export function faultySource(
  objects: ObjectStore,
  { mishaps, change, lied, readBlindly, s3 }: SourceFaults,
  by: Sandbox,
): SourceReader {
  const check = (object: SourceObject) => {
    s3.strike(object);
    if (object.versionId === undefined && objects.hasVersions(object)) readBlindly(object);
  };
  const befall = (reference: SourceReference) => {
    if (mishaps.strikes('source overwritten')) change(reference, 'overwrite');
    if (mishaps.strikes('source deleted')) change(reference, 'delete');
    if (mishaps.strikes('source unavailable')) {
      throw new TransferError('SourceUnavailableError', 'S3 answered 503');
    }
  };
  return {
    inspect: (reference) =>
      by.call(`source.inspect ${reference.key}`, async () => {
        s3.strike(reference);
        befall(reference);
        return objects.inspect(reference);
      }),
    // It changes nothing, so nothing depends on whether its process is alive.
    confirmReadable: async (object) => {
      check(object);
      return objects.confirmReadable(object);
    },
    async *read(object, range, signal) {
      check(object);
      await by.call(`source.read ${range.start}`, async () => befall(object));
      const isTruncated = mishaps.strikes('read truncated');
      // Where an object has no checksum of its own, nothing could tell.
      const { checksum } = objects.pinned(object)?.object ?? {};
      const isWrong = checksum !== undefined && mishaps.strikes('wrong bytes read');
      if (isWrong) lied(object);
      let sizeBytes = 0;
      for await (const piece of objects.read(object, range, signal)) {
        if (isTruncated && sizeBytes > 0) break;
        const isStart = sizeBytes % pieceBytes === 0;
        if (isStart && mishaps.strikes('read stalled')) await systemClock.sleep(3_600_000, signal);
        if (!by.isAlive) throw new TransferError('SourceUnavailableError', 'the process is dead');
        sizeBytes += piece.byteLength;
        const given = isWrong ? inverted(piece) : piece;
        yield isTruncated ? given.subarray(0, Math.ceil(given.byteLength / 2)) : given;
      }
      if (isTruncated) throw new TransferError('TruncatedReadError', 'the read ended early');
    },
  };
}

function inverted(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => 255 - byte);
}
