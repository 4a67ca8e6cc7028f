import { devNull } from 'node:os';

/** An arbitrary Region, which the SDK requires. */
export const localRegion = 'us-east-1';

/** The only account of s3rver. The other emulators accept any. */
export const localCredentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

/**
 * Returns the options of an SDK client for a local server. They include every setting that the user's
 * environment or files could change: none of those may reach a local call.
 */
export function localClientConfig(endpoint: string) {
  return {
    endpoint,
    region: localRegion,
    credentials: localCredentials,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    retryMode: 'standard',
    maxAttempts: 3,
    defaultsMode: 'standard',
  } as const;
}

/** Keeps the SDK from reading files and calling the metadata service. */
const withoutUserFiles = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

/**
 * Removes the user's AWS settings from an environment: profile, keys, Region, endpoints and the files
 * with further settings. For a process that calls only local servers.
 */
export function removeUserAwsSettings(env: Record<string, string | undefined> = process.env): void {
  for (const name of Object.keys(env)) if (name.startsWith('AWS_')) delete env[name];
  Object.assign(env, withoutUserFiles);
}
