import { Token } from 'aws-cdk-lib';
import { accessPointOf } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';
import { nameOfBucket, type SourceProps } from './source-props.ts';

/** Account and Region of a stack or a bucket; either may be a token. */
export interface Location {
  readonly account: string;
  readonly region: string;
}

/**
 * Returns a source in the form that the functions read.
 * @param props - as the schema has checked them
 * @param here - the stack's location; the source omits it where it is the same
 */
export function toSource(props: SourceProps, here: Location): Source {
  const { account, region } = locationOf(props);
  return withoutAbsent({
    bucket: nameOfBucket(props.bucket),
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

/** Returns the bucket's location as far as the props or the bucket construct name it. */
function locationOf({ bucket, account, region }: SourceProps) {
  if (typeof bucket === 'string') {
    return { account, region: region ?? accessPointOf(bucket)?.region };
  }
  const { env } = bucket;
  return { account: account ?? resolved(env.account), region: region ?? resolved(env.region) };
}

function resolved(value: string | undefined): string | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : value;
}

function withoutAbsent(source: { [K in keyof Source]: Source[K] | undefined }): Source {
  const present = Object.entries(source).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as Source;
}
