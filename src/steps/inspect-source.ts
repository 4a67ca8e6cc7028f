import { TransferError } from '#src/core/errors.ts';
import { type MediaType, mediaTypeOf, type SourceObject } from '#src/core/source-object.ts';
import { objectId } from '#src/core/transfer.ts';
import { readRequest } from './request.ts';
import type { Inspected } from './state.ts';
import type { Invocation, Needs } from './step.ts';

/**
 * Pins the object that an input or event names, or refuses it by name before anything is created.
 * @throws InvalidInputError, SourceIsFolderError, SourceEmptyError, SourceTypeUnsupportedError,
 *   SourceTooLargeError, and what the source reader throws
 */
export async function inspectSource(
  ports: Needs<'source' | 'destination' | 'settings'>,
  state: unknown,
  _invocation: Invocation,
): Promise<Inspected & { next: 'open'; waitSeconds: 0 }> {
  const { reference, options } = readRequest(state);
  if (reference.key.endsWith('/')) {
    throw new TransferError('SourceIsFolderError', `${nameOf(reference)} is a folder marker`);
  }
  const source = await ports.source.inspect(reference);
  if (source.sizeBytes === 0) {
    throw new TransferError('SourceEmptyError', `${nameOf(source)} has 0 bytes`);
  }
  refuseTooLarge(ports, source, mediaTypeOf(source.key, source.contentType));
  const object = objectId(ports.destination.identity, source);
  return { object, source, options, sessionsOpened: 0, polls: 0, next: 'open', waitSeconds: 0 };
}

function refuseTooLarge(
  { destination, settings }: Needs<'destination' | 'settings'>,
  source: SourceObject,
  mediaType: MediaType,
): void {
  const configured = mediaType === 'image' ? settings.maxImageBytes : settings.maxMediaBytes;
  const maxBytes = configured ?? destination.limits(mediaType).maxBytes;
  if (source.sizeBytes <= maxBytes) return;
  throw new TransferError(
    'SourceTooLargeError',
    `${nameOf(source)} has ${source.sizeBytes} bytes; ${mediaType} may have at most ${maxBytes}`,
  );
}

function nameOf({ bucket, key }: { bucket: string; key: string }): string {
  return `s3://${bucket}/${JSON.stringify(key).slice(1, -1)}`;
}
