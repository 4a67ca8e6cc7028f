import { TransferError } from '#src/core/errors/errors.ts';
import { isUnderPrefix, quotedList } from '#src/core/source/source-filter.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { Source, Sources } from '#src/core/source/sources.ts';
import type { EventClaim, EventRequest, ManualRequest } from '#src/transfer/input.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

/**
 * The configured source of an object that a person named. Suffixes and sizes are for events: such an
 * object is taken when a person chooses it. Prefixes bind everybody, as the roles may read nothing else.
 * @throws SourceNotConfiguredError - no source names the bucket, or none has a prefix of the key
 */
export function manualSource({ list }: Sources, { reference }: ManualRequest): Source {
  const ofBucket = list.filter(({ bucket }) => bucket === reference.bucket);
  const source = ofBucket.find((one) => isUnderPrefix(one, reference.key));
  if (source) return source;
  throw new TransferError('SourceNotConfiguredError', whyNotChosen(ofBucket, reference));
}

function whyNotChosen(ofBucket: readonly Source[], { bucket, key }: SourceReference): string {
  const name = JSON.stringify(bucket);
  if (ofBucket.length === 0) return `no configured source names the bucket ${name}`;
  const prefixes = quotedList(ofBucket.flatMap((source) => source.prefixes ?? []));
  return `the sources of the bucket ${name} have keys that begin with ${prefixes}; ${JSON.stringify(key)} does not`;
}

/**
 * The configured sources that an event may speak for: those of its bucket, its account and its
 * Region. At least one.
 * @throws SourceClaimRefusedError - the bucket is no source, or not one of that account; counted
 * @throws SourceRegionMismatchError - its sources name other Regions
 */
export function sourcesFromEvent(
  { settings, meter }: Needs<'settings'>,
  { reference, claim }: EventRequest,
  { executionId }: Invocation,
): readonly [Source, ...Source[]] {
  const { list, readers } = settings.sources;
  const ofBucket = list.filter(({ bucket }) => bucket === reference.bucket);
  const isOurs = judgeOfOurs(executionId, readers);
  const ofAccount = ofBucket.filter(({ account }) =>
    account === undefined ? isOurs(claim) : account === claim.account,
  );
  if (!isFilled(ofAccount)) {
    meter.add('ClaimsRefused', 1);
    throw claimRefused(reference.bucket, claim, ofBucket.length > 0);
  }
  const ofRegion = ofAccount.filter(({ region }) => isSameWhereKnown(region, claim.region));
  if (!isFilled(ofRegion)) throw regionMismatch(reference.bucket, claim, ofAccount);
  return ofRegion;
}

/** An execution's ARN where it runs at AWS; a local one has no Region and nobody's account. */
const executionArn = /^arn:aws[\w-]*:states:(?!local:)[a-z0-9-]+:(\d{12}):/;

/**
 * Whether an event comes from our own account, to which sources without an account belong. The
 * execution's ARN tells which that is; where it doesn't, an account with a reader is surely another.
 */
function judgeOfOurs(
  executionId: string,
  readers: Sources['readers'],
): (claim: EventClaim) => boolean {
  const [, own] = executionArn.exec(executionId) ?? [];
  return ({ account }) => {
    if (account === undefined) return true;
    return own === undefined ? !Object.hasOwn(readers, account) : account === own;
  };
}

function isSameWhereKnown(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function isFilled(sources: readonly Source[]): sources is readonly [Source, ...Source[]] {
  return sources.length > 0;
}

function claimRefused(bucket: string, { account }: EventClaim, isSource: boolean): TransferError {
  const who = account === undefined ? 'no account' : `account ${account}`;
  const why = isSource ? "is not one of that account's sources" : 'is no configured source';
  return new TransferError(
    'SourceClaimRefusedError',
    `an event of ${who} claims the bucket ${JSON.stringify(bucket)}, which ${why}`,
  );
}

function regionMismatch(
  bucket: string,
  { region }: EventClaim,
  sources: readonly Source[],
): TransferError {
  const configured = [...new Set(sources.map((source) => source.region))].join(' and ');
  return new TransferError(
    'SourceRegionMismatchError',
    `an event of the Region ${region} claims the bucket ${JSON.stringify(bucket)}, whose source names the Region ${configured}`,
  );
}
