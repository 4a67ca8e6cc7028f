import type { Source, Sources } from '#src/core/source/sources.ts';
import { film, type PortHarness } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';

export const ourAccount = '111122223333';
export const theirAccount = '444455556666';
export const readers = {
  [theirAccount]: { roleArn: `arn:aws:iam::${theirAccount}:role/reader`, externalId: 'x' },
};

export interface EventChanges {
  readonly bucket?: string;
  readonly key?: string;
  readonly size?: number | undefined;
  readonly etag?: string;
  readonly 'version-id'?: string;
  readonly account?: string | undefined;
  readonly region?: string;
}

/** Returns S3's event about the film, with these changes. */
export function eventOf({
  bucket = 'films',
  account = ourAccount,
  region = 'us-east-1',
  ...object
}: EventChanges = {}) {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    account,
    region,
    detail: { bucket: { name: bucket }, object: { key: film.key, size: 9, ...object } },
  };
}

export const harnessWith = (list: readonly Source[], more: Partial<Sources> = {}) =>
  StepHarness.create({}, { sources: { list, readers, ...more } });

/** Counts the requests to S3. */
export function watchS3({ source }: PortHarness): { requests: number } {
  const watched = { requests: 0 };
  const inspect = source.inspect.bind(source);
  source.inspect = (reference) => {
    watched.requests++;
    return inspect(reference);
  };
  return watched;
}
