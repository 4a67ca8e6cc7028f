import { S3Client } from '@aws-sdk/client-s3';
import { chainedCredentials } from '#src/aws/sdk-bounds.ts';
import { TransferError } from '#src/core/errors/errors.ts';

const howToGive =
  'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login"';

/** Where the SDK looks for a bucket if no Region is set; S3 then names the bucket's own. */
const defaultS3Region = 'us-east-1';

/** What of the user's own AWS one run uses. */
export interface AwsUse {
  /** `s3://my-bucket/film.mp4`; absent for a local file. */
  readonly object?: string | undefined;
  /** Name of the DynamoDB table that keeps the proofs; absent where they are on this disk. */
  readonly table?: string | undefined;
}

/**
 * Tries the user's AWS credentials before anything is sent, and sets the Region, on which the SDK
 * insists.
 * @throws ConfigurationError - there are no credentials, they can't be obtained, or a table has no
 *   Region: each Region has tables of its own
 */
export async function ensureAwsAccess({ object, table }: AwsUse): Promise<void> {
  const region = process.env.AWS_REGION || (await regionOfUser());
  if (region === undefined && table !== undefined) throw noRegion(table);
  process.env.AWS_REGION = region ?? defaultS3Region;
  const what = object ?? nameOfTable(table);
  try {
    await chainedCredentials()();
  } catch (error) {
    throw new TransferError('ConfigurationError', problemOf(what, error));
  }
}

async function regionOfUser(): Promise<string | undefined> {
  const client = new S3Client({});
  const configured = await client.config.region().catch(() => undefined);
  client.destroy();
  return configured || process.env.AWS_DEFAULT_REGION || undefined;
}

function nameOfTable(table = ''): string {
  return `the table ${JSON.stringify(table)}`;
}

function noRegion(table: string): TransferError {
  const message = `No AWS Region is set for ${nameOfTable(table)}. Set AWS_REGION`;
  return new TransferError('ConfigurationError', message);
}

/** The SDK's chain ends with this sentence where no provider had any. */
const noneFound = /could not load credentials from any providers/i;

function problemOf(what: string, error: unknown): string {
  const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  const { AWS_PROFILE: profile } = process.env;
  const where = profile ? ` in the profile ${JSON.stringify(profile)}` : '';
  if (noneFound.test(said)) return `no AWS credentials found${where} for ${what}: ${howToGive}`;
  const whose = profile ? `the AWS profile ${JSON.stringify(profile)} gives` : 'AWS gives';
  return `${whose} no credentials for ${what}: ${said}`;
}
