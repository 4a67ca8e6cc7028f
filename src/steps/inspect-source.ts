import { asTransferError, isTransferError, TransferError } from '#src/core/errors.ts';
import { namedType, sourceTaking, whyNoneTakes } from '#src/core/source-filter.ts';
import { mediaTypeOf, type SourceObject, type SourceReference } from '#src/core/source-object.ts';
import type { Source } from '#src/core/sources.ts';
import { objectId } from '#src/core/transfer.ts';
import {
  type EventRequest,
  type ManualRequest,
  readRequest,
  type TransferRequest,
} from './request.ts';
import { chosenSource, claimedSources } from './source-claim.ts';
import type { Inspected } from './state.ts';
import type { Invocation, Needs } from './step.ts';

type InspectPorts = Needs<'source' | 'destination' | 'settings'>;

/** The pinned object, ready for a session. */
export type Pinned = Inspected & { readonly next: 'open'; readonly waitSeconds: 0 };

/** An event about an object that no source asks for: the execution ends well and moves nothing. */
export interface Ignored {
  readonly next: 'ended';
  readonly waitSeconds: 0;
  readonly ending: {
    readonly status: 'ignored';
    readonly bucket: string;
    readonly key: string;
    readonly why: string;
  };
}

/**
 * Pins the object that an input or event names, or refuses it by name before anything is created.
 * An event about a stranger (by prefix, suffix or size, a folder marker, no media), or about an object
 * that is empty or gone, is ignored; where the event tells enough, before S3 is asked anything.
 * @throws InvalidInputError, SourceNotConfiguredError, SourceClaimRefusedError,
 *   SourceRegionMismatchError, SourceIsFolderError, SourceEmptyError, SourceTypeUnsupportedError,
 *   SourceTooLargeError, and what the source reader throws
 */
export async function inspectSource(
  ports: InspectPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Pinned | Ignored> {
  const request = readRequest(state);
  if (request.start === 'manual') return inspectChosen(ports, request);
  return inspectClaimed(ports, request, claimedSources(ports, request, invocation));
}

async function inspectChosen(ports: InspectPorts, request: ManualRequest): Promise<Pinned> {
  const { reference } = request;
  const source = chosenSource(ports.settings.sources, request);
  if (isFolderMarker(reference)) {
    throw new TransferError('SourceIsFolderError', `${nameOf(reference)} is a folder marker`);
  }
  return admitted(ports, request, await pin(ports, reference, source));
}

async function inspectClaimed(
  ports: InspectPorts,
  request: EventRequest,
  sources: readonly Source[],
): Promise<Pinned | Ignored> {
  const { reference, claim } = request;
  const announced = { key: reference.key, sizeBytes: claim.sizeBytes };
  const source = sourceTaking(sources, announced);
  if (!source) return ignored(ports, reference, 'filters', whyNoneTakes(sources, announced));
  if (isFolderMarker(reference))
    return ignored(ports, reference, 'folder', 'it is a folder marker');
  const object = await pin(ports, reference, source).catch(gone);
  if (object instanceof TransferError) return ignored(ports, reference, 'gone', object.message);
  noteOverwritten(ports, request, object);
  const stranger = whyStranger(sources, object);
  if (stranger) return ignored(ports, reference, ...stranger);
  if (object.sizeBytes === 0) return ignored(ports, reference, 'empty', 'it has 0 bytes');
  return admitted(ports, request, object);
}

/**
 * An object that was deleted, or whose version was, since its event. Tools that write an empty object
 * first, or rename, leave such events behind; what is there now has an event of its own.
 */
function gone(error: unknown): TransferError {
  if (isTransferError(error, 'SourceNotFoundError')) return error;
  throw error;
}

/** Its newer content has an event of its own; both start the same transfer. */
function noteOverwritten(
  { log }: InspectPorts,
  { claim }: EventRequest,
  { bucket, key, etag }: SourceObject,
): void {
  if (claim.etag === undefined || claim.etag === etag) return;
  log.info('object was overwritten since its event', { bucket, key });
}

/** Judges what is there by now: it may be another object than the one that the event was about. */
function whyStranger(
  sources: readonly Source[],
  object: SourceObject,
): readonly [IgnoredBecause, string] | undefined {
  if (!sourceTaking(sources, object)) return ['filters', whyNoneTakes(sources, object)];
  try {
    mediaTypeOf(object.key, object.contentType, object);
    return undefined;
  } catch (error) {
    return ['type', asTransferError(error).message];
  }
}

/** Account, Region and a named media type come from the configuration, whatever was asked for. */
async function pin(
  ports: InspectPorts,
  reference: SourceReference,
  source: Source,
): Promise<SourceObject> {
  const { account, region, sameContent } = source;
  const withDigests = sameContent === 'reuse';
  const object = await ports.source.inspect({ ...reference, account, region }, { withDigests });
  return { ...object, account, region, mediaType: namedType(source, object.key) };
}

function admitted(ports: InspectPorts, { options }: TransferRequest, source: SourceObject): Pinned {
  if (source.sizeBytes === 0) {
    throw new TransferError('SourceEmptyError', `${nameOf(source)} has 0 bytes`);
  }
  refuseTooLarge(ports, source);
  const object = objectId(ports.destination.identity, source);
  return { object, source, options, next: 'open', waitSeconds: 0 };
}

function refuseTooLarge({ destination, settings }: InspectPorts, source: SourceObject): void {
  const mediaType = mediaTypeOf(source.key, source.contentType, source);
  const configured = mediaType === 'image' ? settings.maxImageBytes : settings.maxMediaBytes;
  const maxBytes = configured ?? destination.limits(mediaType).maxBytes;
  if (source.sizeBytes <= maxBytes) return;
  throw new TransferError(
    'SourceTooLargeError',
    `${nameOf(source)} has ${source.sizeBytes} bytes; ${mediaType} may have at most ${maxBytes}`,
  );
}

/** Why an event is ignored, as the metric `EventsIgnoredByReason` is split. */
type IgnoredBecause = 'filters' | 'folder' | 'type' | 'empty' | 'gone';

function ignored(
  { meter, log }: InspectPorts,
  { bucket, key }: SourceReference,
  because: IgnoredBecause,
  why: string,
): Ignored {
  meter.add('EventsIgnored', 1);
  meter.add('EventsIgnoredByReason', 1, because);
  log.info('event ignored', { bucket, key, why });
  return { next: 'ended', waitSeconds: 0, ending: { status: 'ignored', bucket, key, why } };
}

function isFolderMarker({ key }: SourceReference): boolean {
  return key.endsWith('/');
}

function nameOf({ bucket, key }: SourceReference): string {
  return `s3://${bucket}/${JSON.stringify(key).slice(1, -1)}`;
}
