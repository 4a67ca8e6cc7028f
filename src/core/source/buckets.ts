import { TransferError } from '#src/core/errors/errors.ts';

/** An access point of a general purpose bucket, by its ARN. */
export interface AccessPoint {
  readonly partition: string;
  readonly region: string;
  /** The owner of the access point, 12 digits. */
  readonly account: string;
  readonly name: string;
}

/** A kind of bucket or access point that can't be a source. */
interface UnsupportedKind {
  readonly arn: RegExp;
  /** The end of its names, which S3 reserves for it. */
  readonly suffix: RegExp;
  /** In messages, as a plural. */
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
 * The names that S3 gave before March 2018 in us-east-1 are wider than today's, and the buckets
 * still exist: Amazon S3 User Guide, bucket naming rules, 2026.
 */
const bucketName = /^[A-Za-z0-9._-]{3,255}$/;

const ipAddress = /^\d+(\.\d+){3}$/;

const accessPointArn =
  /^arn:(aws[a-z-]*):s3:([a-z0-9-]+):(\d{12}):accesspoint[/:]([a-z0-9][a-z0-9-]{1,48}[a-z0-9])$/;

/** The access point that an ARN names, if it is one of a single Region. */
export function accessPointOf(bucket: string): AccessPoint | undefined {
  const [, partition, region, account, name] = accessPointArn.exec(bucket) ?? [];
  if (!partition || !region || !account || !name) return undefined;
  return { partition, region, account, name };
}

/** How the alias of an access point ends; IAM knows its ARN alone. */
const alias = /^(.+)-[a-z0-9]{34}(?:-ext)?-s3alias$/;

/** What the name of the access point begins with that an alias stands for. */
export function nameInAlias(bucket: string): string | undefined {
  return alias.exec(bucket)?.[1];
}

/** Whether a name stands for an access point, whose name no event of S3 bears. */
export function isAccessPoint(bucket: string): boolean {
  return accessPointOf(bucket) !== undefined || bucket.endsWith('-s3alias');
}

/**
 * Returns what is wrong with the name of a source's bucket, for the end of the message
 * `Invalid bucket name "…": …`; undefined if the name can be a source's.
 */
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

/** An S3 URL whose bucket is an ARN, which has a slash of its own. */
const urlOfArn =
  /^s3:\/\/(arn:(?:[^:/]*:){4}(?:outpost[/:][^/:]+[/:])?(?:(?:accesspoint|bucket)[/:])?[^/]+)\/(.+)$/s;

/**
 * Splits `s3://<bucket>/<key>`; the bucket may be the ARN of an access point. Bucket and key are
 * taken as they are: nothing in the URL is decoded, as in every AWS command line.
 * @throws InvalidInputError - the URL names no object, or the bucket is of an unsupported kind
 */
export function splitS3Url(url: string): { bucket: string; key: string } {
  const [, bucket, key] = urlOfArn.exec(url) ?? /^s3:\/\/((?!arn:)[^/]+)\/(.+)$/s.exec(url) ?? [];
  if (!bucket || !key) {
    throw invalid(`${JSON.stringify(url)} names no object: expected s3://bucket/key`);
  }
  const flaw = bucketFlaw(bucket);
  if (flaw === undefined) return { bucket, key };
  throw invalid(`Invalid bucket name ${JSON.stringify(bucket)}: ${flaw}`);
}

function invalid(message: string): TransferError {
  return new TransferError('InvalidInputError', message);
}
