import { asTransferError, isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { isTransient } from '#src/core/errors/recovery.ts';
import {
  configuredMediaType,
  describeMismatches,
  matchingSource,
} from '#src/core/source/source-filter.ts';
import {
  mediaTypeOf,
  type SourceObject,
  type SourceReference,
} from '#src/core/source/source-object.ts';
import type { Source } from '#src/core/source/sources.ts';
import {
  type EventRequest,
  essentialInput,
  type ManualRequest,
  readRequest,
  type TransferRequest,
} from '#src/transfer/input.ts';
import { retryWithBackoff } from '#src/transfer/retry-with-backoff.ts';
import { type Inspected, type InspectWait, inspectWaitSchema } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';
import { objectId } from '#src/transfer/transfer-ids.ts';
import { remainingWait, waitOut } from '#src/transfer/wait-out.ts';
import { manualSource, sourcesFromEvent } from './source-claim.ts';

type InspectPorts = Needs<'source' | 'destination' | 'settings'>;

/** The pinned object, ready for a session. */
export type Pinned = Inspected & { readonly next: 'open'; readonly waitSeconds: 0 };

/** The end of an execution whose event asks for nothing: the object is unmatched, empty or gone. */
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

/** S3 can't be asked, or denies the object for now: the start keeps its input and comes again. */
export type InspectSourcePostponed = InspectWait;

/** One call of this step. */
interface Call {
  readonly ports: InspectPorts;
  readonly request: TransferRequest;
  readonly invocation: Invocation;
  /** What is being waited out since an earlier call. */
  readonly waited: InspectWait | undefined;
  /** What the execution was started with. */
  readonly input: unknown;
  /** Contents, by ETag and version, that HEAD found in this call and GET did not. */
  readonly unread: Set<string>;
}

/**
 * Pins the object that an input or event names, or fails with a named error before anything is created.
 * Ignores an event about an object that no source matches, that is no media, or that is empty or gone;
 * without asking S3 if the event says enough.
 * @throws InvalidInputError, SourceNotConfiguredError, SourceClaimRefusedError,
 *   SourceRegionMismatchError, SourceIsFolderError, SourceEmptyError, SourceTypeUnsupportedError,
 *   SourceTooLargeError, SourceContentEncodedError, and what the source reader throws
 */
export async function inspectSource(
  ports: InspectPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Pinned | Ignored | InspectSourcePostponed> {
  const waited = inspectWaitSchema.safeParse(state).data;
  const input = waited ? waited.input : state;
  const request = readRequest(input);
  const rest = waited && remainingWait(ports, waited);
  if (rest) return { ...waited, ...rest };
  const call = { ports, request, invocation, waited, input, unread: new Set<string>() };
  if (request.start === 'manual') return inspectChosen(call, request);
  return inspectClaimed(call, request, sourcesFromEvent(ports, request, invocation));
}

async function inspectChosen(
  call: Call,
  request: ManualRequest,
): Promise<Pinned | InspectSourcePostponed> {
  const { reference } = request;
  const source = manualSource(call.ports.settings.sources, request);
  if (isFolderMarker(reference)) {
    throw new TransferError('SourceIsFolderError', `${nameOf(reference)} is a folder marker`);
  }
  return withPatience(call, source, async () => admitted(call, await pin(call, source)));
}

async function inspectClaimed(
  call: Call,
  request: EventRequest,
  sources: readonly Source[],
): Promise<Pinned | Ignored | InspectSourcePostponed> {
  const { ports } = call;
  const { reference, claim } = request;
  const announced = { key: reference.key, sizeBytes: claim.sizeBytes };
  const source = matchingSource(sources, announced);
  if (!source) return ignored(ports, reference, 'filters', describeMismatches(sources, announced));
  if (isFolderMarker(reference))
    return ignored(ports, reference, 'folder', 'it is a folder marker');
  return withPatience(call, source, () => inspectAnnounced(call, request, source, sources));
}

async function inspectAnnounced(
  call: Call,
  request: EventRequest,
  source: Source,
  sources: readonly Source[],
): Promise<Pinned | Ignored> {
  const { ports } = call;
  const { reference } = request;
  const object = await pin(call, source).catch(gone);
  if (object instanceof TransferError) return ignored(ports, reference, 'gone', object.message);
  recordOverwritten(ports, request, object);
  const stranger = whyStranger(sources, object);
  if (stranger) return ignored(ports, reference, ...stranger);
  if (object.sizeBytes === 0) return ignored(ports, reference, 'empty', 'it has 0 bytes');
  return admitted(call, object);
}

/**
 * Returns the error of an object that was deleted since its event, as tools that rename objects do.
 * A missing bucket is still an error: no later event would report it.
 */
function gone(error: unknown): TransferError {
  if (isTransferError(error, 'SourceNotFoundError') && !error.isContainerMissing) return error;
  throw error;
}

/**
 * Asks S3 a few times, then leaves a transient error to a later call: an event comes once, so an S3
 * outage of up to six hours must not lose it.
 */
async function withPatience<T>(
  { ports, invocation, waited, input }: Call,
  { waitWhileDeniedSeconds: deniedSeconds }: Source,
  work: () => Promise<T>,
): Promise<T | InspectSourcePostponed> {
  try {
    return await retryWithBackoff({ ports, invocation, retries: {} }, work);
  } catch (error) {
    if (!isTransient(error)) throw error;
    const wait = waitOut(ports, waited ?? {}, error, { step: 'InspectSource', deniedSeconds });
    return { ...wait, input: essentialInput(input) };
  }
}

/** Only logged: the newer content has an event of its own, which starts the same transfer. */
function recordOverwritten(
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
  if (!matchingSource(sources, object)) return ['filters', describeMismatches(sources, object)];
  try {
    mediaTypeOf(object.key, object.contentType, object);
    return undefined;
  } catch (error) {
    const { message, nextStep } = asTransferError(error);
    return ['type', `${message}. ${nextStep}`];
  }
}

/** Place, read options and media type come from the configuration only: an input must not choose them. */
async function pin({ ports, request }: Call, source: Source): Promise<SourceObject> {
  const { account, region, requestPayer, waitWhileDeniedSeconds, sameContent } = source;
  const configured = { account, region, requestPayer, waitWhileDeniedSeconds };
  const options = { withDigests: sameContent === 'reuse' };
  const object = await ports.source.inspect({ ...request.reference, ...configured }, options);
  return { ...object, ...configured, mediaType: configuredMediaType(source, object.key) };
}

/** Refuses what can't be moved, then reads one byte: nothing is created for an object that is denied. */
async function admitted(call: Call, object: SourceObject) {
  const { ports, request } = call;
  if (object.sizeBytes === 0) {
    throw new TransferError('SourceEmptyError', `${nameOf(object)} has 0 bytes`);
  }
  ensureWithinSize(ports, object);
  assertNotEncoded(object);
  await confirmReadable(call, object);
  const { contentEncoding: _, kmsKey: __, ...source } = object;
  const { options } = request;
  const identity = objectId(ports.destination.identity, source);
  const { start } = request;
  return { object: identity, source, options, start, next: 'open', waitSeconds: 0 } as const;
}

async function confirmReadable({ ports, invocation, unread }: Call, object: SourceObject) {
  try {
    await ports.source.confirmReadable(object, invocation.signal);
  } catch (error) {
    if (!isTransferError(error, 'SourceSupersededError')) throw error;
    throw changedMeanwhile(error, object, unread);
  }
}

/**
 * An object that changed between HEAD and GET is inspected again. If HEAD then finds the same content,
 * nothing changed: HEAD and GET contradict each other.
 */
function changedMeanwhile(
  error: TransferError,
  { etag, versionId }: SourceObject,
  unread: Set<string>,
): TransferError {
  const content = JSON.stringify([etag, versionId]);
  const isSameAgain = unread.has(content);
  unread.add(content);
  const options = { cause: error, origin: 'source' } as const;
  if (!isSameAgain) {
    const message = `${error.message}, while it was inspected`;
    return new TransferError('SourceUnavailableError', message, options);
  }
  const message = `HEAD finds the object but GET does not: ${error.message}. Possible causes: a cache, a gateway, or a storage that ignores versions`;
  return new TransferError('SourceInconsistentError', message, options);
}

/** Codings that say how S3 was written to, or nothing. */
const plainCodings = new Set(['', 'aws-chunked', 'identity']);

/** The service would get the encoded bytes, which are no media. */
function assertNotEncoded(source: SourceObject): void {
  const { contentEncoding = '' } = source;
  const codings = contentEncoding.split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.every((coding) => plainCodings.has(coding))) return;
  throw new TransferError(
    'SourceContentEncodedError',
    `${nameOf(source)} has the Content-Encoding ${JSON.stringify(contentEncoding)}: its bytes are not the file itself`,
  );
}

function ensureWithinSize({ destination, settings }: InspectPorts, source: SourceObject): void {
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
