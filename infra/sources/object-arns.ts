import { Aws } from 'aws-cdk-lib';
import type { Source } from '#src/core/sources.ts';

export function bucketArn(bucket: string): string {
  return `arn:${Aws.PARTITION}:s3:::${bucket}`;
}

/** The objects of a source for a policy: below its prefixes, where it has any, else the whole bucket's. */
export function objectArns({ bucket, prefixes }: Pick<Source, 'bucket' | 'prefixes'>): string[] {
  const starts = prefixes?.length ? prefixes.map(literally) : [''];
  return starts.map((start) => `${bucketArn(bucket)}/${start}*`);
}

/** In a policy's resource, `*`, `?` and `$` mean more than themselves unless written so. */
function literally(prefix: string): string {
  return prefix.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}
