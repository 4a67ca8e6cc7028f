import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Fault } from '../faults/faults.ts';
import type { ChunkContent, ChunkStorage } from '../storage/chunk-storage.ts';
import type { CallRecord } from '../wire/call-log.ts';

/** The complete body of one PUT. */
export interface ReceivedChunk {
  readonly sizeBytes: number;
  /** MD5 of the stored bytes, in lower-case hex. */
  readonly md5: string;
  readonly content: ChunkContent;
}

/** Returns the number of bytes after which a fault stops reading. */
function cutAfter(fault: Fault | undefined): number {
  const isCut = fault?.kind === 'reset-mid-body' || fault?.kind === 'stall';
  return isCut ? (fault.afterBytes ?? 0) : Number.POSITIVE_INFINITY;
}

function withOneByteChanged(piece: Buffer): Buffer {
  const changed = Buffer.from(piece);
  changed.writeUInt8(changed.readUInt8(0) ^ 0xff, 0);
  return changed;
}

/** Stops reading. A stalled connection stays open; any other cut resets it. */
function cut(request: IncomingMessage, fault: Fault | undefined): void {
  request.removeAllListeners('data');
  request.pause();
  if (fault?.kind === 'reset-mid-body') request.socket.resetAndDestroy();
}

/**
 * Streams a body into storage and hashes it. Counts the bytes in `record`. Resolves with undefined if
 * the connection ends before the whole body is read.
 */
export function receiveChunk(
  request: IncomingMessage,
  record: CallRecord,
  storage: ChunkStorage,
  fault: Fault | undefined,
): Promise<ReceivedChunk | undefined> {
  const md5 = createHash('md5');
  const limit = cutAfter(fault);
  const sink = storage.open(() => request.resume());
  let isWhole = false;
  return new Promise((resolve, reject) => {
    request.on('data', (sent: Buffer) => {
      const isChanged = record.bytes === 0 && fault?.kind === 'corrupt';
      const piece = isChanged ? withOneByteChanged(sent) : sent;
      record.bytes += piece.length;
      if (record.bytes >= limit) return cut(request, fault);
      md5.update(piece);
      if (!sink.write(piece)) request.pause();
    });
    request.once('end', () => {
      isWhole = true;
      const received = { sizeBytes: record.bytes, md5: md5.digest('hex') };
      sink.finish().then((content) => resolve({ ...received, content }), reject);
    });
    request.once('error', () => {});
    request.once('close', () => {
      if (!isWhole) sink.abandon().then(() => resolve(undefined), reject);
    });
  });
}
