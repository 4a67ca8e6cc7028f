import { devNull } from 'node:os';

/** Any region does; the SDK wants one. */
export const localRegion = 'us-east-1';

/** The one account that s3rver knows; dynalite and the others take any. */
export const localCredentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;

/**
 * Options of an SDK client for a server of this process. Each setting that the user's environment or
 * files could change is named here, so that none of them reaches a local call.
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

/** What makes the SDK read no file and ask no metadata service. */
const nothingOfTheUser = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

/**
 * Removes the user's AWS settings from an environment: profile, keys, Region, endpoints and the rest,
 * and the files that hold more of them. For a process that talks to local servers only.
 */
export function removeUserAwsSettings(env: Record<string, string | undefined> = process.env): void {
  for (const name of Object.keys(env)) if (name.startsWith('AWS_')) delete env[name];
  Object.assign(env, nothingOfTheUser);
}
