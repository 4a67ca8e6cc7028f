import { S3Client } from '@aws-sdk/client-s3';
import { chainedCredentials } from '#src/aws/sdk-bounds.ts';
import { redact } from '#src/core/errors/redact.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';

const credentialsStep =
  'Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login"';

/** The Region for buckets if none is set. S3 then redirects to the bucket's Region. */
const defaultS3Region = 'us-east-1';

/** The resources of the user's AWS account that one run uses. */
export interface AwsUse {
  /** `s3://my-bucket/film.mp4`; absent for a local file. */
  readonly object?: string | undefined;
  /** Name of the DynamoDB table for the proofs; absent if they are on this disk. */
  readonly table?: string | undefined;
}

/**
 * Checks the user's AWS credentials before any byte is sent. Sets the Region, which the SDK requires.
 * @throws ConfigurationError - there are no credentials, or no Region for a table: tables are regional
 */
export async function ensureAwsAccess({ object, table }: AwsUse): Promise<void> {
  const region = process.env.AWS_REGION || (await regionOfUser());
  if (region === undefined && table !== undefined) throw noRegionError(table);
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

function noRegionError(table: string): TransferError {
  const message = `No AWS Region is set for ${nameOfTable(table)}. Set AWS_REGION`;
  return new TransferError('ConfigurationError', message);
}

/** The message of the SDK's chain if no provider has credentials. */
const noneFound = /could not load credentials from any providers/i;

function problemOf(what: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const reason = redact(text);
  const { AWS_PROFILE: profile } = process.env;
  const where = profile ? ` in the AWS profile ${JSON.stringify(profile)}` : '';
  return noneFound.test(reason)
    ? `No AWS credentials found${where} for ${what}. ${credentialsStep}`
    : `No AWS credentials${where} for ${what}: ${reason}`;
}
