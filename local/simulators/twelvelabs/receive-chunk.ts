import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { CallRecord } from './call-log.ts';
import type { Fault } from './faults.ts';
import type { ChunkContent, ChunkStorage } from './storage.ts';

/** The bytes of one PUT, all of them. */
export interface Received {
  readonly sizeBytes: number;
  /** Of what is stored, lower-case hex. */
  readonly md5: string;
  readonly content: ChunkContent;
}

/** Bytes after which a fault ends the reading. */
function cutAfter(fault: Fault | undefined): number {
  const isCut = fault?.kind === 'reset-mid-body' || fault?.kind === 'stall';
  return isCut ? (fault.afterBytes ?? 0) : Number.POSITIVE_INFINITY;
}

function withOneByteChanged(piece: Buffer): Buffer {
  const changed = Buffer.from(piece);
  changed.writeUInt8(changed.readUInt8(0) ^ 0xff, 0);
  return changed;
}

/** Stops reading where the fault says so; a stalled connection stays open, unread. */
function cut(request: IncomingMessage, fault: Fault | undefined): void {
  request.removeAllListeners('data');
  request.pause();
  if (fault?.kind === 'reset-mid-body') request.socket.resetAndDestroy();
}

/**
 * Passes a body on to storage piece by piece as it arrives, hashing it on the way. Counts bytes in
 * `record`. Resolves with undefined if the connection ends before the body was read.
 */
export function receiveChunk(
  request: IncomingMessage,
  record: CallRecord,
  storage: ChunkStorage,
  fault: Fault | undefined,
): Promise<Received | undefined> {
  const md5 = createHash('md5');
  const limit = cutAfter(fault);
  const sink = storage.open(() => request.resume());
  let isWhole = false;
  return new Promise((resolve, reject) => {
    request.on('data', (arrived: Buffer) => {
      const isChanged = record.bytes === 0 && fault?.kind === 'corrupt';
      const piece = isChanged ? withOneByteChanged(arrived) : arrived;
      record.bytes += piece.length;
      if (record.bytes >= limit) return cut(request, fault);
      md5.update(piece);
      if (!sink.write(piece)) request.pause();
    });
    request.once('end', () => {
      isWhole = true;
      const received = { sizeBytes: record.bytes, md5: md5.digest('hex') };
      sink.keep().then((content) => resolve({ ...received, content }), reject);
    });
    request.once('error', () => {});
    request.once('close', () => {
      if (!isWhole) sink.abandon().then(() => resolve(undefined), reject);
    });
  });
}
