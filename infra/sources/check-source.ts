import { Token } from 'aws-cdk-lib';
import { maxDeniedSeconds, minDeniedSeconds } from '#src/core/limits/limits.ts';
import { accessPointOf, bucketFlaw } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';
import { checkArn } from '../arns.ts';
import { checkDuration, checkWhole } from '../bounds.ts';
import { refuse, refuseValue, shown } from '../refuse.ts';
import { checkAccount } from './account-readers.ts';
import { labelOfBucket } from './bucket-identity.ts';
import { checkMediaTypes } from './check-media-types.ts';
import type { SourceProps } from './source-props.ts';

/** Where the stack is; either may be unknown before deployment. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * A source as the functions get it: without the account and the Region where they are the stack's own.
 * @throws ConfigurationError - names the source, the value that was wrong and what would be right
 */
export function checkSource(props: SourceProps, here: Place): Source {
  const bucket = nameOfBucket(props);
  checkBucketName(bucket);
  const name = `source ${labelOfBucket(bucket)}`;
  checkSizes(name, props);
  checkSameContent(props.sameContent, name);
  checkFilters(`Chunkferry: ${name}`, props);
  checkMediaTypes(name, props);
  checkRegion(name, props);
  checkReading(name, props);
  if (props.kmsKeyArn) checkArn('Chunkferry', `${name}: kmsKeyArn`, props.kmsKeyArn, 'kmsKey');
  const { account, region } = placeOf(props);
  if (account !== undefined && !Token.isUnresolved(account)) {
    checkAccount('Chunkferry', `${name}: account`, account);
  }
  return withoutAbsent({
    bucket,
    account: account === here.account ? undefined : account,
    region: region === here.region ? undefined : region,
    prefixes: props.prefixes,
    suffixes: props.suffixes,
    mediaTypes: props.mediaTypes,
    minSize: props.minSize,
    maxSize: props.maxSize,
    sameContent: props.sameContent === 'reuse' ? 'reuse' : undefined,
    requestPayer: props.requestPayer || undefined,
    waitWhileDeniedSeconds: props.waitWhileDenied?.toSeconds(),
  });
}

/** Where the bucket is, as far as it was said: by the props or by the bucket itself. */
function placeOf({ bucket, account, region }: SourceProps): Partial<Place> {
  if (typeof bucket === 'string') {
    return { account, region: region ?? accessPointOf(bucket)?.region } as Partial<Place>;
  }
  const { env } = bucket;
  return {
    account: account ?? known(env.account),
    region: region ?? known(env.region),
  } as Partial<Place>;
}

function known(value: string | undefined): string | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : value;
}

export function nameOfBucket({ bucket }: Pick<SourceProps, 'bucket'>): string {
  return typeof bucket === 'string' ? bucket : bucket.bucketName;
}

/**
 * Checks the name of an existing bucket, of before March 2018 too, or an access point of one Region.
 * @throws ConfigurationError - S3 can't have such a bucket, or it is of an unsupported kind
 */
export function checkBucketName(name: string): void {
  if (Token.isUnresolved(name)) return;
  const flaw = bucketFlaw(name) ?? reservedBy(name);
  if (flaw !== undefined) refuseValue('bucket name', name, flaw);
}

/** S3 names its other kinds of buckets by a prefix or a suffix; an alias of an access point may be a source. */
function reservedBy(name: string): string | undefined {
  if (name.startsWith('xn--')) return 'the prefix "xn--" is reserved by S3';
  const [suffix] = /--[a-z]+-s3$/.exec(name) ?? [];
  return suffix && `the suffix "${suffix}" is reserved by S3`;
}

/**
 * @throws ConfigurationError - an empty list, which would let everything through, an empty prefix, a
 * suffix without a dot, or the same text twice
 */
export function checkFilters(
  where: string,
  { prefixes, suffixes }: Pick<SourceProps, 'prefixes' | 'suffixes'>,
): void {
  checkList(where, 'prefixes', prefixes);
  checkList(where, 'suffixes', suffixes);
  if (prefixes?.includes('')) {
    refuse(where, 'prefixes holds an empty prefix; leave prefixes out to take any key');
  }
  const dotless = suffixes?.find((suffix) => !suffix.includes('.'));
  if (dotless === undefined) return;
  refuse(
    where,
    `suffixes holds ${shown(dotless)}, which has no dot; ${shown(`.${dotless || 'mp4'}`)} is right`,
  );
}

function checkList(where: string, name: string, entries: readonly string[] | undefined): void {
  if (entries?.length === 0) {
    refuse(where, `${name} is []; at least one is right, or leave ${name} out to take any key`);
  }
  const twice = entries?.find((entry, i) => entries.indexOf(entry) !== i);
  if (twice !== undefined) refuse(where, `${name} holds ${shown(twice)} twice; once is right`);
}

/** @throws ConfigurationError - the value is neither of the two */
export function checkSameContent(value: string | undefined, of?: string): void {
  if (value === undefined || value === 'transfer' || value === 'reuse') return;
  refuseValue('sameContent', value, 'must be "transfer" or "reuse"', of);
}

function checkSizes(name: string, { minSize, maxSize }: SourceProps): void {
  checkWhole(`${name}: minSize`, minSize, 0, Number.MAX_SAFE_INTEGER);
  checkWhole(`${name}: maxSize`, maxSize, 1, Number.MAX_SAFE_INTEGER);
  if (minSize === undefined || maxSize === undefined || minSize <= maxSize) return;
  refuse(
    'Chunkferry',
    `${name}: minSize is ${minSize} and maxSize ${maxSize}; no object has such a size`,
  );
}

/** Values may come from JavaScript, where no type holds them. */
function checkReading(name: string, { requestPayer, waitWhileDenied }: SourceProps): void {
  const payer: unknown = requestPayer;
  if (payer !== undefined && typeof payer !== 'boolean') {
    refuseValue('requestPayer', payer, 'must be true or false', name);
  }
  if (waitWhileDenied === undefined) return;
  checkDuration('waitWhileDenied', waitWhileDenied, name);
  const seconds = waitWhileDenied.toMilliseconds() / 1000;
  checkDeniedSeconds('waitWhileDenied', seconds, name);
}

/**
 * @param name - the field as the user wrote it: a `Duration`, or seconds in the context
 * @throws ConfigurationError - no whole seconds from a minute to a day
 */
export function checkDeniedSeconds(name: string, seconds: number, of?: string): void {
  const isInBounds = seconds >= minDeniedSeconds && seconds <= maxDeniedSeconds;
  if (isInBounds && Number.isInteger(seconds)) return;
  const bounds = [minDeniedSeconds, maxDeniedSeconds].map((one) => one.toLocaleString('en-US'));
  refuseValue(name, seconds, `must be ${bounds.join(' to ')} seconds`, of);
}

/** As AWS names its Regions in every partition: `us-gov-east-1`, `eusc-de-east-1`. */
const regionForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*-[a-z]+-\d+$/;

function checkRegion(name: string, { bucket, region }: SourceProps): void {
  if (region === undefined || Token.isUnresolved(region)) return;
  if (!regionForm.test(region)) {
    refuseValue('region', region, 'must be a Region such as eu-west-1', name);
  }
  const named = typeof bucket === 'string' ? accessPointOf(bucket)?.region : undefined;
  if (named === undefined || named === region) return;
  refuseValue('region', region, `must be ${shown(named)}, which its ARN names`, name);
}

function withoutAbsent(source: Source): Source {
  return Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined),
  ) as unknown as Source;
}
