import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { canBeWaitedOut } from '#src/core/errors/retry-rules.ts';
import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { isPreflightInput } from '#src/core/preflight-findings.ts';
import {
  configuredMediaType,
  describeMismatches,
  matchingSource,
} from '#src/core/source/source-filter.ts';
import type { SourceObject, SourceReference } from '#src/core/source/source-object.ts';
import type { Source } from '#src/core/source/sources.ts';
import {
  type EventRequest,
  essentialInput,
  type ManualRequest,
  readRequest,
} from '#src/step-support/input.ts';
import { retryWithBackoff } from '#src/step-support/retry-with-backoff.ts';
import {
  type DispatchedStart,
  dispatchedStartIn,
  type Inspected,
  type InspectWait,
  inspectWaitSchema,
} from '#src/step-support/state.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { remainingWait, waitOut } from '#src/step-support/wait-out.ts';
import { admit } from './admit-object.ts';
import { manualSource, sourcesFromEvent } from './configured-source.ts';
import { addressOf, type InspectCall, type InspectPorts } from './inspect-call.ts';

/** A pinned object that is ready for a session. */
export type Pinned = Inspected & { readonly next: 'open'; readonly waitSeconds: 0 };

/** The end of an execution whose event needs no transfer: the object is unmatched, empty or deleted. */
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

/** A queued transfer, which the dispatcher starts. */
export type QueuedStart = DispatchedStart & { readonly next: 'open'; readonly waitSeconds: 0 };

/** The answer to an input that asks for a preflight: no object, no transfer. */
export interface PreflightStart {
  readonly next: 'preflight';
}

/** A start that waits: S3 cannot be reached, or denies the object for now. The state holds the input. */
export type InspectSourcePostponed = InspectWait;

/**
 * Pins the object of an input or event: its version, ETag, size and type. Fails with a named error before
 * anything is created. Ignores an event if the object matches no source, is of a type that the destination does not take, or is empty or
 * deleted, and skips the request to S3 if the event already shows that. An input that asks for a preflight
 * leads to it and pins nothing. The input of a queued transfer passes: its object is pinned already.
 * @throws InvalidInputError, SourceNotConfiguredError, SourceClaimRejectedError,
 *   SourceRegionMismatchError, SourceIsFolderError, SourceEmptyError, SourceTypeUnsupportedError,
 *   SourceTooLargeError, SourceContentEncodedError, and the errors of the source reader
 */
export async function inspectSource(
  ports: InspectPorts,
  state: unknown,
  invocation: Invocation,
): Promise<Pinned | QueuedStart | Ignored | PreflightStart | InspectSourcePostponed> {
  if (isPreflightInput(state)) return { next: 'preflight' };
  const queued = dispatchedStartIn(state);
  if (queued) return { ...queued, next: 'open', waitSeconds: 0 };
  const waited = inspectWaitSchema.safeParse(state).data;
  const input = waited ? waited.input : state;
  const request = readRequest(input, ports.optionRules);
  const rest = waited && remainingWait(ports, waited);
  if (rest) return { ...waited, ...rest };
  const call = { ports, request, invocation, waited, input, unreadable: new Set<string>() };
  if (request.start === 'manual') return inspectManual(call, request);
  return inspectEvent(call, request, sourcesFromEvent(ports, request, invocation));
}

async function inspectManual(
  call: InspectCall,
  request: ManualRequest,
): Promise<Pinned | InspectSourcePostponed> {
  const { reference } = request;
  const source = manualSource(call.ports.settings.sources, request);
  if (isFolderMarker(reference)) {
    throw new TransferError('SourceIsFolderError', `${addressOf(reference)} is a folder marker`);
  }
  return waitOutErrors(call, source, async () => admit(call, await pin(call, source)));
}

async function inspectEvent(
  call: InspectCall,
  request: EventRequest,
  sources: readonly Source[],
): Promise<Pinned | Ignored | InspectSourcePostponed> {
  const { ports } = call;
  const { reference, facts } = request;
  const described = { key: reference.key, sizeBytes: facts.sizeBytes };
  const source = matchingSource(sources, described);
  if (!source) return ignored(ports, reference, 'filters', describeMismatches(sources, described));
  if (isFolderMarker(reference))
    return ignored(ports, reference, 'folder', 'it is a folder marker');
  return waitOutErrors(call, source, () => inspectEventObject(call, request, source, sources));
}

async function inspectEventObject(
  call: InspectCall,
  request: EventRequest,
  source: Source,
  sources: readonly Source[],
): Promise<Pinned | Ignored> {
  const { ports } = call;
  const { reference } = request;
  const object = await pin(call, source).catch(deletedError);
  if (object instanceof TransferError) return ignored(ports, reference, 'gone', object.message);
  logOverwritten(ports, request, object);
  const unmatched = unmatchedReason(ports, sources, object);
  if (unmatched) return ignored(ports, reference, ...unmatched);
  if (object.sizeBytes === 0) return ignored(ports, reference, 'empty', 'it has 0 bytes');
  return admit(call, object);
}

/**
 * Returns the error of an object that was deleted since its event, as tools that rename objects do.
 * A missing bucket is still an error: no later event would report it.
 */
function deletedError(error: unknown): TransferError {
  if (errorMeans(error, 'sourceMissing') && !error.isContainerMissing) return error;
  throw error;
}

/**
 * Retries a few times, then leaves a transient error to a later call. S3 sends an event once, so an outage
 * of up to six hours must not lose it.
 */
async function waitOutErrors<T>(
  { ports, invocation, waited, input }: InspectCall,
  { waitWhileDeniedSeconds: deniedSeconds }: Source,
  work: () => Promise<T>,
): Promise<T | InspectSourcePostponed> {
  try {
    return await retryWithBackoff({ ports, invocation, retries: {} }, work);
  } catch (error) {
    if (!canBeWaitedOut(error)) throw error;
    const wait = waitOut(ports, waited ?? {}, error, { step: 'InspectSource', deniedSeconds });
    return { ...wait, input: essentialInput(input) };
  }
}

/** Logs only: the newer content has its own event, which starts the same transfer. */
function logOverwritten(
  { log }: InspectPorts,
  { facts }: EventRequest,
  { bucket, key, etag }: SourceObject,
): void {
  if (facts.etag === undefined || facts.etag === etag) return;
  log.info('object was overwritten since its event', { bucket, key });
}

/** Checks the object as it is now: it may have been replaced since the event. */
function unmatchedReason(
  { destination }: InspectPorts,
  sources: readonly Source[],
  object: SourceObject,
): readonly [IgnoredReason, string] | undefined {
  if (!matchingSource(sources, object)) return ['filters', describeMismatches(sources, object)];
  try {
    destination.accept(object);
    return undefined;
  } catch (error) {
    const { message, nextStep } = asTransferError(error);
    return ['type', `${message}. ${nextStep}`];
  }
}

/** Reads the object. Account, Region, read options and media type come from the configuration, not the input. */
async function pin({ ports, request }: InspectCall, source: Source): Promise<SourceObject> {
  const { account, region, requestPayer, waitWhileDeniedSeconds, sameContent } = source;
  const configured = { account, region, requestPayer, waitWhileDeniedSeconds };
  const withMd5 = ports.destination.traits.wholeDigest === 'md5';
  const options = { withDigests: sameContent === 'reuse', withMd5 };
  const object = await ports.source.inspect({ ...request.reference, ...configured }, options);
  return { ...object, ...configured, mediaType: configuredMediaType(source, object.key) };
}

/** Why an event is ignored: the dimension of the metric `EventsIgnoredByReason`. */
type IgnoredReason = 'filters' | 'folder' | 'type' | 'empty' | 'gone';

function ignored(
  { meter, log }: InspectPorts,
  { bucket, key }: SourceReference,
  reason: IgnoredReason,
  why: string,
): Ignored {
  meter.add('EventsIgnored', 1);
  meter.add('EventsIgnoredByReason', 1, reason);
  log.info('event ignored', { bucket, key, why });
  return { next: 'ended', waitSeconds: 0, ending: { status: 'ignored', bucket, key, why } };
}

function isFolderMarker({ key }: SourceReference): boolean {
  return key.endsWith('/');
}
