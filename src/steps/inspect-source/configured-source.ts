import { TransferError } from '#src/core/errors/transfer-error.ts';
import { isUnderPrefix, quotedList } from '#src/core/source/source-filter.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { Source, Sources } from '#src/core/source/sources.ts';
import type { EventFacts, EventRequest, ManualRequest } from '#src/step-support/input.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';

/**
 * Returns the configured source of a manual start. Suffix and size filters apply to events only. Prefixes
 * apply to every start, because the roles cannot read other keys.
 * @throws SourceNotConfiguredError - the bucket is not a source, or the key has none of its prefixes
 */
export function manualSource({ list }: Sources, { reference }: ManualRequest): Source {
  const ofBucket = list.filter(({ bucket }) => bucket === reference.bucket);
  const source = ofBucket.find((one) => isUnderPrefix(one, reference.key));
  if (source) return source;
  throw new TransferError('SourceNotConfiguredError', noSourceReason(ofBucket, reference));
}

function noSourceReason(ofBucket: readonly Source[], { bucket, key }: SourceReference): string {
  const name = JSON.stringify(bucket);
  if (ofBucket.length === 0) return `the bucket ${name} is not a configured source`;
  const prefixes = quotedList(ofBucket.flatMap((source) => source.prefixes ?? []));
  return `the key ${JSON.stringify(key)} does not begin with a prefix of the bucket ${name}: ${prefixes}`;
}

/**
 * Returns the configured sources that an event can belong to: the sources of its bucket, account and
 * Region. At least one.
 * @throws SourceClaimRejectedError - the bucket is not a source, or not a source of that account; counted
 * @throws SourceRegionMismatchError - the sources of the bucket are in other Regions
 */
export function sourcesFromEvent(
  { settings, meter }: Needs<'settings'>,
  { reference, facts }: EventRequest,
  { executionId }: Invocation,
): readonly [Source, ...Source[]] {
  const { list, readers } = settings.sources;
  const ofBucket = list.filter(({ bucket }) => bucket === reference.bucket);
  const isOwnAccount = ownAccountTest(executionId, readers);
  const ofAccount = ofBucket.filter(({ account }) =>
    account === undefined ? isOwnAccount(facts) : account === facts.account,
  );
  if (!isNonEmpty(ofAccount)) {
    meter.add('ClaimsRejected', 1);
    throw claimRejectedError(reference.bucket, facts, ofBucket.length > 0);
  }
  const ofRegion = ofAccount.filter(({ region }) => isSameOrUnknown(region, facts.region));
  if (!isNonEmpty(ofRegion)) throw regionMismatchError(reference.bucket, facts, ofAccount);
  return ofRegion;
}

/** The ARN of an execution at AWS. The ARN of a local run has no Region and no real account. */
const executionArn = /^arn:aws[\w-]*:states:(?!local:)[a-z0-9-]+:(\d{12}):/;

/**
 * Returns a test for events of our own account, to which a source without an account belongs. The
 * execution's ARN names that account. Without an ARN, an account with a reader role is another account.
 */
function ownAccountTest(
  executionId: string,
  readers: Sources['readers'],
): (facts: EventFacts) => boolean {
  const [, own] = executionArn.exec(executionId) ?? [];
  return ({ account }) => {
    if (account === undefined) return true;
    return own === undefined ? !Object.hasOwn(readers, account) : account === own;
  };
}

function isSameOrUnknown(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function isNonEmpty(sources: readonly Source[]): sources is readonly [Source, ...Source[]] {
  return sources.length > 0;
}

function claimRejectedError(
  bucket: string,
  { account }: EventFacts,
  isSource: boolean,
): TransferError {
  const who = account === undefined ? 'no account' : `account ${account}`;
  const why = isSource ? 'is not a source of that account' : 'is not a configured source';
  return new TransferError(
    'SourceClaimRejectedError',
    `an event of ${who} names the bucket ${JSON.stringify(bucket)}, which ${why}`,
  );
}

function regionMismatchError(
  bucket: string,
  { region }: EventFacts,
  sources: readonly Source[],
): TransferError {
  const configured = [...new Set(sources.map((source) => source.region))].join(' and ');
  return new TransferError(
    'SourceRegionMismatchError',
    `an event of the Region ${region} names the bucket ${JSON.stringify(bucket)}, whose source is in the Region ${configured}`,
  );
}
