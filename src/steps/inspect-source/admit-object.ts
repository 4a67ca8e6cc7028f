import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { identityOf } from '#src/core/transfer/destination.ts';
import { objectIdOf } from '#src/step-support/transfer-ids.ts';
import { addressOf, type InspectCall, type InspectPorts } from './inspect-call.ts';

/** Rejects an object that cannot be moved, then reads one byte: a denied object must create nothing. */
export async function admit(call: InspectCall, object: SourceObject) {
  const { ports, request } = call;
  if (object.sizeBytes === 0) {
    throw new TransferError('SourceEmptyError', `${addressOf(object)} has 0 bytes`);
  }
  ensureWithinSize(ports, object);
  assertNotEncoded(object);
  await confirmReadable(call, object);
  const { contentEncoding: _, kmsKey: __, ...source } = object;
  const { options } = request;
  const objectId = objectIdOf(identityOf(ports.destination, options), source);
  const { start } = request;
  return { objectId, source, options, start, next: 'open', waitSeconds: 0 } as const;
}

async function confirmReadable(
  { ports, invocation, unreadable }: InspectCall,
  object: SourceObject,
) {
  try {
    await ports.source.confirmReadable(object, invocation.signal);
  } catch (error) {
    if (!errorMeans(error, 'sourceSuperseded')) throw error;
    throw changedError(error, object, unreadable);
  }
}

/**
 * Returns the error of an object that changed between HEAD and GET: transient, so it is inspected again. If
 * HEAD then finds the same content, nothing changed: HEAD and GET contradict each other.
 */
function changedError(
  error: TransferError,
  { etag, versionId }: SourceObject,
  unreadable: Set<string>,
): TransferError {
  const content = JSON.stringify([etag, versionId]);
  const isSameAgain = unreadable.has(content);
  unreadable.add(content);
  const options = { cause: error, origin: 'source' } as const;
  if (!isSameAgain) {
    const message = `${error.message}, while it was inspected`;
    return new TransferError('SourceUnavailableError', message, options);
  }
  const message = `HEAD finds the object but GET does not: ${error.message}. Possible causes: a cache, a gateway, or a storage that ignores versions`;
  return new TransferError('SourceInconsistentError', message, options);
}

/** Content encodings that leave the bytes of the file as they are. */
const plainEncodings = new Set(['', 'aws-chunked', 'identity']);

/** The service would receive the encoded bytes, which are not the file. */
function assertNotEncoded(source: SourceObject): void {
  const { contentEncoding = '' } = source;
  const encodings = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  if (encodings.every((name) => plainEncodings.has(name))) return;
  throw new TransferError(
    'SourceContentEncodedError',
    `${addressOf(source)} has the Content-Encoding ${JSON.stringify(contentEncoding)}: its bytes are not the file itself`,
  );
}

function ensureWithinSize({ destination }: InspectPorts, source: SourceObject): void {
  const { kind, maxBytes } = destination.accept(source);
  if (source.sizeBytes <= maxBytes) return;
  throw new TransferError(
    'SourceTooLargeError',
    `${addressOf(source)} has ${source.sizeBytes} bytes; ${kind} is limited to ${maxBytes} bytes`,
  );
}
