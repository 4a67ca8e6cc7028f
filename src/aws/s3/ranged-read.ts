import { describeSdkFailure, safeCause, sdkFailure, textField } from '#src/aws/sdk-failure.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import {
  type ByteRange,
  contentRange,
  lengthOf,
  rangeHeader,
} from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { S3ClientOf } from './clients.ts';
import { explainS3Failure, nameOfObject, placeCodes } from './failures.ts';
import { unquoteEtag } from './inspection.ts';
import { getRange, type RangeReply, type RangeRequest } from './ranged-get.ts';

/**
 * Reads one range by one GET. Compares the reply's status, ETag, version, Content-Range and length with
 * the request before it yields a byte. An early end of the iteration, or the signal, destroys the
 * socket; an abort throws the signal's reason.
 * @throws SourceSupersededError - the object was overwritten or deleted
 * @throws SourceAccessDeniedError, SourceArchivedError - the object is no longer readable
 * @throws SourceNotConfiguredError, SourceRoleRejectedError - the reader role of its account is not available
 * @throws SourceUnavailableError, TruncatedReadError - retryable, also during the iteration
 * @throws SourceProtocolError - S3 returned another range
 */
export async function* readRange(
  clientOf: S3ClientOf,
  request: RangeRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { source, range, signal } = request;
  const { body, ...reply } = await askFor(clientOf, request);
  const expectedBytes = lengthOf(range);
  let receivedBytes = 0;
  try {
    compareReply(reply, request);
    for await (const bytes of body) {
      receivedBytes += bytes.length;
      if (receivedBytes > expectedBytes) throw wrongLengthError(source, range, 'has more bytes');
      yield bytes;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : brokenRead(error, source, range, receivedBytes);
  } finally {
    body.destroy();
  }
  if (receivedBytes < expectedBytes) {
    throw wrongLengthError(source, range, `ended after ${receivedBytes}`);
  }
}

/**
 * Reads the first byte of the pinned object, which needs the same permissions as every later read. A
 * HEAD succeeds without s3:GetObjectVersion, and mostly without the KMS key.
 * @throws the errors of `readRange`
 */
export async function readFirstByte(
  clientOf: S3ClientOf,
  source: SourceObject,
  signal: AbortSignal,
): Promise<void> {
  const request = { source, range: { start: 0, endInclusive: 0 }, signal };
  for await (const _ of readRange(clientOf, request));
}

async function askFor(clientOf: S3ClientOf, request: RangeRequest): Promise<RangeReply> {
  const { source, signal } = request;
  try {
    return await getRange(clientOf(source), request);
  } catch (error) {
    throw signal.aborted ? signal.reason : explainRejection(error, source);
  }
}

/** 412: another ETag. 404 and 405: deleted. 416: shorter than the range, which proves other content. */
const supersedingStatuses = new Set<number | undefined>([404, 405, 412, 416]);

function explainRejection(error: unknown, source: SourceObject): TransferError {
  const failure = sdkFailure(error);
  const isSuperseded = supersedingStatuses.has(failure.status) && !placeCodes.has(failure.name);
  if (!isSuperseded) return explainS3Failure(error, source);
  const what =
    failure.status === 412 || failure.status === 416
      ? `was overwritten after its inspection (ETag ${source.etag})`
      : `was ${source.versionId === undefined ? '' : 'permanently '}deleted after its inspection`;
  return supersededError(source, `${what} (${describeSdkFailure(failure)})`, error);
}

function supersededError(source: SourceObject, what: string, cause?: unknown): TransferError {
  return new TransferError('SourceSupersededError', `${nameOfObject(source)} ${what}`, { cause });
}

type ReplyFields = Omit<RangeReply, 'body'>;

function compareReply(reply: ReplyFields, { source, range }: RangeRequest): void {
  const etag = reply.etag === undefined ? 'none' : unquoteEtag(reply.etag);
  if (etag !== source.etag) {
    throw supersededError(source, `has the ETag ${etag} and had ${source.etag} at its inspection`);
  }
  if (source.versionId !== undefined && versionOf(reply, source) !== source.versionId) {
    throw supersededError(
      source,
      `was requested; S3 returned version ${reply.versionId ?? 'none'}`,
    );
  }
  compareRange(reply, { source, range });
}

/** A bucket without versioning names no version in its replies, even in a reply for `null`. */
function versionOf(reply: ReplyFields, { versionId }: SourceObject) {
  return reply.versionId ?? (versionId === 'null' ? 'null' : undefined);
}

function compareRange(reply: ReplyFields, { source, range }: Omit<RangeRequest, 'signal'>): void {
  const { status, contentRange: received, contentLength } = reply;
  const expected = contentRange(range, source.sizeBytes);
  const isWholeObject = status === 200 && lengthOf(range) === source.sizeBytes;
  const isAskedRange = status === 206 && received === expected;
  if (!isAskedRange && !(isWholeObject && (received ?? expected) === expected)) {
    throw new TransferError(
      'SourceProtocolError',
      `Invalid reply for ${nameOfObject(source)}: expected "${expected}", received ${status} with "${received ?? 'no Content-Range'}".`,
    );
  }
  if (contentLength !== undefined && contentLength !== lengthOf(range)) {
    throw wrongLengthError(source, range, `has a Content-Length of ${contentLength}`);
  }
}

/** Codes of a connection that was closed in order before all bytes had arrived. */
const earlyEnds = new Set<string | undefined>([
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

function brokenRead(
  error: unknown,
  source: SourceObject,
  range: ByteRange,
  receivedBytes: number,
): unknown {
  if (isTransferError(error)) return error;
  if (earlyEnds.has(textField(error, 'code'))) {
    return wrongLengthError(source, range, `ended after ${receivedBytes}`, error);
  }
  return new TransferError(
    'SourceUnavailableError',
    `Reading ${nameOfObject(source)} failed after ${receivedBytes} of ${lengthOf(range)} bytes: ${describeSdkFailure(sdkFailure(error))}`,
    { cause: safeCause(error) },
  );
}

function wrongLengthError(
  source: SourceObject,
  range: ByteRange,
  what: string,
  cause?: unknown,
): TransferError {
  return new TransferError(
    'TruncatedReadError',
    `Reading ${nameOfObject(source)} failed: the reply for "${rangeHeader(range)}" (${lengthOf(range)} bytes) ${what}.`,
    { cause },
  );
}
