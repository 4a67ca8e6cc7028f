import { S3Client } from '@aws-sdk/client-s3';
import { chainedCredentials } from '#src/aws/sdk-bounds.ts';
import { TransferError } from '#src/core/errors.ts';
import { localRegion } from '../emulators/local-account.ts';

const howToGive =
  'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with "aws sso login"';

/**
 * Tries the user's AWS credentials before anything is sent, and sets a Region where the user has none:
 * the SDK insists on one.
 * @param what - what needs them, such as `s3://my-bucket/film.mp4`
 * @throws ConfigurationError - there are no credentials, or they can't be obtained
 */
export async function ensureAwsAccess(what: string): Promise<void> {
  process.env.AWS_REGION ||= await regionOfUser();
  try {
    await chainedCredentials()();
  } catch (error) {
    throw new TransferError('ConfigurationError', problemOf(what, error));
  }
}

async function regionOfUser(): Promise<string> {
  const client = new S3Client({});
  const configured = await client.config.region().catch(() => undefined);
  client.destroy();
  return configured ?? process.env.AWS_DEFAULT_REGION ?? localRegion;
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
