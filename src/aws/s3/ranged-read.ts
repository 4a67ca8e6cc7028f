import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { bareCause, describeSdkFailure, sdkFailure, textField } from '#src/aws/sdk-failure.ts';
import { isTransferError, TransferError } from '#src/core/errors/errors.ts';
import {
  type ByteRange,
  contentRange,
  lengthOf,
  rangeHeader,
} from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { addressOf } from './address.ts';
import type { S3ClientOf } from './clients.ts';
import { explainS3Failure, nameOfObject, placeCodes } from './failures.ts';
import { withoutQuotes } from './inspection.ts';

/** One reading: what was asked of which object, and until when. */
interface Reading {
  readonly source: SourceObject;
  readonly range: ByteRange;
  readonly signal: AbortSignal;
}

/**
 * Reads one range by one GET. The reply's status, ETag, version, Content-Range and length are
 * compared with what was asked before a byte is given out. Ending the iteration early, or the
 * signal, destroys the socket; the signal's reason comes out as it is.
 * @throws SourceSupersededError - the object is another one now, or gone
 * @throws SourceAccessDeniedError, SourceArchivedError - it may no longer be read
 * @throws SourceNotConfiguredError, SourceRoleRefusedError - nor as the reader of its account
 * @throws SourceUnavailableError, TruncatedReadError - retryable, also while iterating
 * @throws SourceProtocolError - S3 answered with another range than the one asked for
 */
export async function* readRange(
  clientOf: S3ClientOf,
  reading: Reading,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reply = await askFor(clientOf, reading);
  const body = reply.Body as Readable;
  try {
    compareReply(reply, reading);
    yield* countedBytes(body, reading);
  } finally {
    body.destroy();
  }
}

/**
 * Reads the first byte of the pinned object, which needs what every later read needs: HEAD passes
 * without s3:GetObjectVersion, and mostly without the KMS key.
 * @throws what `readRange` does
 */
export async function readFirstByte(
  clientOf: S3ClientOf,
  source: SourceObject,
  signal: AbortSignal,
): Promise<void> {
  const reading = { source, range: { start: 0, endInclusive: 0 }, signal };
  for await (const _ of readRange(clientOf, reading));
}

async function askFor(
  clientOf: S3ClientOf,
  { source, range, signal }: Reading,
): Promise<GetObjectCommandOutput> {
  const command = new GetObjectCommand({
    ...addressOf(source),
    Range: rangeHeader(range),
    IfMatch: `"${source.etag}"`,
  });
  try {
    return await clientOf(source).send(command, { abortSignal: signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : explainRefusal(error, source);
  }
}

/** 412: another ETag. 404 and 405: deleted. 416: shorter than the range, so another content. */
const supersedingStatuses = new Set<number | undefined>([404, 405, 412, 416]);

function explainRefusal(error: unknown, source: SourceObject): TransferError {
  const failure = sdkFailure(error);
  const isSuperseded = supersedingStatuses.has(failure.status) && !placeCodes.has(failure.name);
  if (!isSuperseded) return explainS3Failure(error, source);
  const what =
    failure.status === 412 || failure.status === 416
      ? `was overwritten since it was inspected with ETag ${source.etag}`
      : `was deleted${source.versionId === undefined ? '' : ' for good'} since it was inspected`;
  return superseded(source, `${what} (${describeSdkFailure(failure)})`, error);
}

function superseded(source: SourceObject, what: string, cause?: unknown): TransferError {
  return new TransferError('SourceSupersededError', `${nameOfObject(source)} ${what}`, { cause });
}

function compareReply(reply: GetObjectCommandOutput, { source, range }: Reading): void {
  const etag = reply.ETag === undefined ? 'none' : withoutQuotes(reply.ETag);
  if (etag !== source.etag) {
    throw superseded(source, `has the ETag ${etag}; it was inspected with ${source.etag}`);
  }
  if (source.versionId !== undefined && versionOf(reply, source) !== source.versionId) {
    throw superseded(source, `was asked for; the reply is of version ${reply.VersionId ?? 'none'}`);
  }
  compareRange(reply, { source, range });
}

/** A bucket that never had versions names none in its replies, also where `null` was asked for. */
function versionOf({ VersionId }: GetObjectCommandOutput, { versionId }: SourceObject) {
  return VersionId ?? (versionId === 'null' ? 'null' : undefined);
}

function compareRange(
  { $metadata, ContentRange, ContentLength }: GetObjectCommandOutput,
  { source, range }: Pick<Reading, 'source' | 'range'>,
): void {
  const status = $metadata.httpStatusCode;
  const expected = contentRange(range, source.sizeBytes);
  const isWholeObject = status === 200 && lengthOf(range) === source.sizeBytes;
  const isAskedRange = status === 206 && ContentRange === expected;
  if (!isAskedRange && !(isWholeObject && (ContentRange ?? expected) === expected)) {
    throw new TransferError(
      'SourceProtocolError',
      `asked ${nameOfObject(source)} for "${expected}", got ${status} with "${ContentRange ?? 'no Content-Range'}"`,
    );
  }
  if (ContentLength !== undefined && ContentLength !== lengthOf(range)) {
    throw wrongLength(source, range, `announces ${ContentLength} bytes`);
  }
}

async function* countedBytes(
  body: AsyncIterable<Uint8Array>,
  { source, range, signal }: Reading,
): AsyncGenerator<Uint8Array, void, undefined> {
  const expectedBytes = lengthOf(range);
  let receivedBytes = 0;
  try {
    for await (const bytes of body) {
      receivedBytes += bytes.length;
      if (receivedBytes > expectedBytes) throw wrongLength(source, range, 'goes on after them');
      yield bytes;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : brokenRead(error, source, range, receivedBytes);
  }
  if (receivedBytes < expectedBytes) {
    throw wrongLength(source, range, `ended after ${receivedBytes}`);
  }
}

/** Codes of a connection that was closed in good order before all bytes had come. */
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
    return wrongLength(source, range, `ended after ${receivedBytes}`, error);
  }
  return new TransferError(
    'SourceUnavailableError',
    `reading ${nameOfObject(source)} broke after ${receivedBytes} of ${lengthOf(range)} bytes: ${describeSdkFailure(sdkFailure(error))}`,
    { cause: bareCause(error) },
  );
}

function wrongLength(
  source: SourceObject,
  range: ByteRange,
  what: string,
  cause?: unknown,
): TransferError {
  return new TransferError(
    'TruncatedReadError',
    `asked ${nameOfObject(source)} for the ${lengthOf(range)} bytes "${rangeHeader(range)}"; the reply ${what}`,
    { cause },
  );
}
