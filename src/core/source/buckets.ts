import { TransferError } from '#src/core/errors/transfer-error.ts';

/** An access point of a general purpose bucket, by its ARN. */
export interface AccessPoint {
  readonly partition: string;
  readonly region: string;
  /** The owner of the access point, 12 digits. */
  readonly account: string;
  readonly name: string;
}

/** A kind of bucket or access point that is not supported as a source. */
interface UnsupportedKind {
  readonly arn: RegExp;
  /** The suffix that S3 reserves for its names. */
  readonly suffix: RegExp;
  /** The plural, for messages. */
  readonly kinds: string;
}

const unsupported: readonly UnsupportedKind[] = [
  { arn: /^arn:[^:]*:s3-outposts:/, suffix: /--op-s3$/, kinds: 'access points on S3 on Outposts' },
  // They may change the bytes.
  {
    arn: /^arn:[^:]*:s3-object-lambda:/,
    suffix: /--ol-s3$/,
    kinds: 'S3 Object Lambda access points',
  },
  { arn: /^arn:[^:]*:s3express:/, suffix: /--xa?-s3$/, kinds: 'directory buckets' },
  { arn: /^arn:[^:]*:s3tables:/, suffix: /--table-s3$/, kinds: 'table buckets' },
  {
    arn: /^arn:[^:]*:s3::\d*:accesspoint/,
    suffix: /\.mrap$/,
    kinds: 'Multi-Region Access Points',
  },
];

/**
 * Includes the wider names that us-east-1 allowed before March 2018, because such buckets still exist
 * (Amazon S3 User Guide, bucket naming rules, 2026).
 */
const bucketName = /^[A-Za-z0-9._-]{3,255}$/;

const ipAddress = /^\d+(\.\d+){3}$/;

const accessPointArn =
  /^arn:(aws[a-z-]*):s3:([a-z0-9-]+):(\d{12}):accesspoint[/:]([a-z0-9][a-z0-9-]{1,48}[a-z0-9])$/;

/** Returns the access point of an ARN, or undefined unless the ARN is of a single-Region access point. */
export function accessPointOf(bucket: string): AccessPoint | undefined {
  const [, partition, region, account, name] = accessPointArn.exec(bucket) ?? [];
  if (!partition || !region || !account || !name) return undefined;
  return { partition, region, account, name };
}

/** The alias of an access point. IAM policies accept the ARN only. */
const alias = /^(.+)-[a-z0-9]{34}(?:-ext)?-s3alias$/;

/** Returns the start of the access point's name from its alias, or undefined if `bucket` is no alias. */
export function nameInAlias(bucket: string): string | undefined {
  return alias.exec(bucket)?.[1];
}

/** True for the ARN or alias of an access point. S3's events never contain either. */
export function isAccessPoint(bucket: string): boolean {
  return accessPointOf(bucket) !== undefined || bucket.endsWith('-s3alias');
}

/** Returns why a bucket name is invalid, for `Invalid bucket name "…": …`, or undefined if it is valid. */
export function bucketFlaw(bucket: string): string | undefined {
  const kindFlaw = unsupportedKind(bucket);
  if (kindFlaw) return kindFlaw;
  const [, plain] = /^arn:[^:]*:s3:::([^/]+)/.exec(bucket) ?? [];
  if (plain) return `must be a name, not an ARN. Use "${plain}"`;
  const isName = bucketName.test(bucket) && !ipAddress.test(bucket);
  return isName || accessPointOf(bucket)
    ? undefined
    : 'must be a bucket name (3 to 63 lowercase letters, digits, dots and hyphens; up to 255, with capitals and underscores, from before March 2018) or the ARN of an access point';
}

function unsupportedKind(bucket: string): string | undefined {
  for (const { arn, suffix, kinds } of unsupported) {
    if (arn.test(bucket)) return `${kinds} are not supported`;
    const [end] = suffix.exec(bucket) ?? [];
    if (end) return `the suffix "${end}" is reserved for ${kinds}, which are not supported`;
  }
  return undefined;
}

/** An S3 URL whose bucket is an ARN. The ARN may contain a slash. */
const urlOfArn =
  /^s3:\/\/(arn:(?:[^:/]*:){4}(?:outpost[/:][^/:]+[/:])?(?:(?:accesspoint|bucket)[/:])?[^/]+)\/(.+)$/s;

/**
 * Splits `s3://<bucket>/<key>`. The bucket may be the ARN of an access point. Nothing is URL-decoded, as
 * in the AWS CLI.
 * @throws InvalidInputError - the URL has no key, or the bucket is invalid or not supported
 */
export function splitS3Url(url: string): { bucket: string; key: string } {
  const [, bucket, key] = urlOfArn.exec(url) ?? /^s3:\/\/((?!arn:)[^/]+)\/(.+)$/s.exec(url) ?? [];
  if (!bucket || !key) {
    throw invalidBucketError(`Invalid S3 URL ${JSON.stringify(url)}: expected s3://bucket/key`);
  }
  const flaw = bucketFlaw(bucket);
  if (flaw === undefined) return { bucket, key };
  throw invalidBucketError(`Invalid bucket name ${JSON.stringify(bucket)}: ${flaw}`);
}

function invalidBucketError(message: string): TransferError {
  return new TransferError('InvalidInputError', message);
}
