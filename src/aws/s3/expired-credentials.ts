import type { S3Client } from '@aws-sdk/client-s3';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import type { RoleCredentialsProvider } from './reader-credentials.ts';

/** S3's codes for expired credentials. */
const expiredCodes: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
]);

/** Returns true if the credentials can be dropped before they expire. */
export function isRenewable(credentials: unknown): credentials is RoleCredentialsProvider {
  return typeof credentials === 'function' && 'drop' in credentials;
}

/**
 * Makes a client fetch new credentials, once for each request, when S3 reports expired ones. The
 * provider renews them by the local clock, which may be wrong, and they may be revoked early.
 */
export function renewExpired(client: S3Client, provider: RoleCredentialsProvider): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const used = await provider();
      try {
        return await next(args);
      } catch (error) {
        if (!expiredCodes.has(sdkFailure(error).name)) throw error;
        provider.drop(used);
        return next(args);
      }
    },
    // This step runs before the SDK chooses credentials and signs the request.
    { step: 'initialize', name: 'renewExpiredCredentials' },
  );
}
