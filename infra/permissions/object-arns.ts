import { Aws } from 'aws-cdk-lib';
import { accessPointOf, nameInAlias } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';

/** Returns the ARN of a bucket or an access point for a policy. */
export function bucketArn(bucket: string): string {
  return accessPointArn(bucket) ?? `arn:${Aws.PARTITION}:s3:::${bucket}`;
}

/** Returns the ARNs of a source's objects for a policy: below its prefixes, or in the whole bucket. */
export function objectArns({ bucket, prefixes }: Pick<Source, 'bucket' | 'prefixes'>): string[] {
  const accessPoint = accessPointArn(bucket);
  const objects = accessPoint ? `${accessPoint}/object` : bucketArn(bucket);
  const starts = prefixes?.length ? prefixes.map(literally) : [''];
  return starts.map((start) => `${objects}/${start}*`);
}

/**
 * Policies do not accept an alias. An alias begins with the first 20 characters of the access
 * point's name (Amazon S3 User Guide, access point aliases, 2026).
 */
function accessPointArn(bucket: string): string | undefined {
  const named = accessPointOf(bucket);
  if (named) {
    const { partition, region, account, name } = named;
    return `arn:${partition}:s3:${region}:${account}:accesspoint/${name}`;
  }
  const start = nameInAlias(bucket);
  return start && `arn:${Aws.PARTITION}:s3:*:*:accesspoint/${start}*`;
}

/** Escapes `*`, `?` and `$`, which are special in a policy's resource. */
function literally(prefix: string): string {
  return prefix.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}
