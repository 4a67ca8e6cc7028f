import { Token } from 'aws-cdk-lib';
import { maxDeniedSeconds, minDeniedSeconds } from '#src/core/limits.ts';
import type { Source } from '#src/core/sources.ts';
import { checkArn } from '../arns.ts';
import { checkSeconds, checkWhole } from '../bounds.ts';
import { refuse, shown } from '../refuse.ts';
import { checkAccount } from './account-readers.ts';
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
  checkBucketName('Chunkferry', bucket);
  checkSizes(bucket, props);
  checkFilters(`Chunkferry: source ${bucket}`, props);
  checkRegion(bucket, props.region);
  checkReading(bucket, props);
  if (props.kmsKeyArn)
    checkArn('Chunkferry', `source ${bucket}: kmsKeyArn`, props.kmsKeyArn, 'kmsKey');
  const { account, region } = placeOf(props);
  if (account !== undefined && !Token.isUnresolved(account)) {
    checkAccount('Chunkferry', `source ${bucket}: account`, account);
  }
  return withoutAbsent({
    bucket,
    account: account === here.account ? undefined : account,
    region: region === here.region ? undefined : region,
    prefixes: props.prefixes,
    suffixes: props.suffixes,
    minSize: props.minSize,
    maxSize: props.maxSize,
    requestPayer: props.requestPayer || undefined,
    waitWhileDeniedSeconds: props.waitWhileDenied?.toSeconds(),
  });
}

/** Where the bucket is, as far as it was said: by the props or by the bucket itself. */
function placeOf({ bucket, account, region }: SourceProps): Partial<Place> {
  const env = typeof bucket === 'string' ? undefined : bucket.env;
  return {
    account: account ?? known(env?.account),
    region: region ?? known(env?.region),
  } as Partial<Place>;
}

function known(value: string | undefined): string | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : value;
}

export function nameOfBucket({ bucket }: Pick<SourceProps, 'bucket'>): string {
  return typeof bucket === 'string' ? bucket : bucket.bucketName;
}

/** What S3 keeps for itself, for access points, and for buckets of other kinds than general purpose. */
const reserved = {
  prefixes: ['xn--', 'sthree-', 'amzn-s3-demo-'],
  suffixes: ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'],
};

/**
 * S3's rules for general purpose buckets (Amazon S3 User Guide, bucket naming rules, 2026).
 * @throws ConfigurationError - S3 can't have such a bucket
 */
export function checkBucketName(where: string, name: string): void {
  if (Token.isUnresolved(name)) return;
  const taken =
    reserved.prefixes.find((prefix) => name.startsWith(prefix)) ??
    reserved.suffixes.find((suffix) => name.endsWith(suffix));
  if (taken) {
    refuse(
      where,
      `bucket is ${shown(name)}; the name of a general purpose bucket is right, which never has ${taken}`,
    );
  }
  const isName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);
  if (isName && !name.includes('..') && !/^\d+(\.\d+){3}$/.test(name)) return;
  refuse(
    where,
    `bucket is ${shown(name)}; a bucket's name is right: 3 to 63 small letters, digits, dots and hyphens`,
  );
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

function checkSizes(bucket: string, { minSize, maxSize }: SourceProps): void {
  checkWhole(`source ${bucket}: minSize`, minSize, 0, Number.MAX_SAFE_INTEGER);
  checkWhole(`source ${bucket}: maxSize`, maxSize, 1, Number.MAX_SAFE_INTEGER);
  if (minSize === undefined || maxSize === undefined || minSize <= maxSize) return;
  refuse(
    'Chunkferry',
    `source ${bucket}: minSize is ${minSize} and maxSize ${maxSize}; no object has such a size`,
  );
}

/** Values may come from JavaScript, where no type holds them. */
function checkReading(bucket: string, { requestPayer, waitWhileDenied }: SourceProps): void {
  const payer: unknown = requestPayer;
  if (payer !== undefined && typeof payer !== 'boolean') {
    refuse(
      'Chunkferry',
      `source ${bucket}: requestPayer is ${shown(payer)}; true or false is right`,
    );
  }
  if (waitWhileDenied === undefined) return;
  const name = `source ${bucket}: waitWhileDenied`;
  checkSeconds(name, waitWhileDenied, minDeniedSeconds, maxDeniedSeconds);
}

function checkRegion(bucket: string, region: string | undefined): void {
  if (region === undefined || Token.isUnresolved(region)) return;
  if (/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) return;
  refuse(
    'Chunkferry',
    `source ${bucket}: region is ${shown(region)}; a Region such as eu-west-1 is right`,
  );
}

function withoutAbsent(source: Source): Source {
  return Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined),
  ) as unknown as Source;
}
