import { Token } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { z } from 'zod';
import { accessPointOf, bucketFlaw } from '#src/core/source/buckets.ts';
import { invalidAt } from '../configuration/fields.ts';
import { quoted } from '../configuration/invalid.ts';

/** The name of an existing bucket, or the ARN or alias of an access point in one Region. */
export function bucketName() {
  return z
    .string('must be the name of a bucket')
    .refine((name) => flawOf(name) === undefined, {
      error: ({ input }) => flawOf(String(input)) ?? '',
    })
    .meta({ type: 'text' });
}

/** A bucket construct, or a name as `bucketName` takes it. */
export function bucketOrName() {
  const nameOf = (bucket: IBucket | string) =>
    typeof bucket === 'string' ? bucket : bucket.bucketName;
  return z
    .custom<IBucket | string>(
      (value) =>
        typeof value === 'string' || typeof (value as IBucket | null)?.bucketName === 'string',
      { error: 'must be a bucket or the name of a bucket', abort: true },
    )
    .check(({ value, issues }) => {
      const flaw = flawOf(nameOf(value));
      if (flaw) issues.push(invalidAt([], nameOf(value), flaw));
    })
    .meta({ type: '`IBucket` or text' });
}

function flawOf(name: string): string | undefined {
  return Token.isUnresolved(name) ? undefined : (bucketFlaw(name) ?? reservedBy(name));
}

/** S3 marks its other kinds of buckets by a prefix or a suffix. An alias of an access point may be a source. */
function reservedBy(name: string): string | undefined {
  if (name.startsWith('xn--')) return 'the prefix "xn--" is reserved by S3';
  const [suffix] = /--[a-z]+-s3$/.exec(name) ?? [];
  return suffix && `the suffix "${suffix}" is reserved by S3`;
}

interface Located {
  readonly bucket: IBucket | string;
  readonly region?: string | undefined;
}

/** The ARN of an access point names its Region; another Region can't be meant. */
export function checkAccessPointRegion({ value, issues }: z.core.ParsePayload<Located>): void {
  const { bucket, region } = value;
  const named = typeof bucket === 'string' ? accessPointOf(bucket)?.region : undefined;
  if (!named || !region || region === named || Token.isUnresolved(region)) return;
  issues.push(invalidAt(['region'], region, `must be ${quoted(named)}, as in the bucket's ARN`));
}
