import { TransferError } from './errors.ts';

/** An access point of a general purpose bucket, by its ARN. */
export interface AccessPoint {
  readonly partition: string;
  readonly region: string;
  /** The owner of the access point, 12 digits. */
  readonly account: string;
  readonly name: string;
}

/** What S3 answers for under a bucket's name, and what is no source, by how it is written. */
const unsupported: readonly (readonly [form: RegExp, what: string])[] = [
  [/^arn:[^:]*:s3-outposts:|--op-s3$/, 'S3 on Outposts is not supported'],
  [
    /^arn:[^:]*:s3-object-lambda:|--ol-s3$/,
    'an S3 Object Lambda access point is not supported, as it may change the bytes',
  ],
  [/^arn:[^:]*:s3express:|--xa?-s3$/, 'a directory bucket (S3 Express One Zone) is not supported'],
  [/^arn:[^:]*:s3tables:|--table-s3$/, 'a table bucket is not supported'],
  [/^arn:[^:]*:s3::\d*:accesspoint|\.mrap$/, 'a Multi-Region Access Point is not supported'],
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

/** Why a text can't name a bucket of a source, for the end of a message; undefined if it can. */
export function bucketFlaw(bucket: string): string | undefined {
  const [, what] = unsupported.find(([form]) => form.test(bucket)) ?? [];
  if (what) return what;
  const [, plain] = /^arn:[^:]*:s3:::([^/]+)/.exec(bucket) ?? [];
  if (plain) return `a bucket is named without its ARN: ${plain}`;
  const isName = bucketName.test(bucket) && !ipAddress.test(bucket);
  return isName || accessPointOf(bucket) ? undefined : 'is not a bucket name';
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
  throw invalid(`Invalid bucket ${JSON.stringify(bucket)}: ${flaw}`);
}

function invalid(message: string): TransferError {
  return new TransferError('InvalidInputError', message);
}
