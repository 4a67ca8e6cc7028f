import type { S3Client } from '@aws-sdk/client-s3';
import { sdkFailure } from '#src/aws/sdk-failure.ts';
import type { RoleCredentialsProvider } from './reader-credentials.ts';

/** S3's codes for credentials whose time is over. */
const expiredCodes: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
]);

/** Whether credentials can be dropped before their time. */
export function isRenewable(credentials: unknown): credentials is RoleCredentialsProvider {
  return typeof credentials === 'function' && 'drop' in credentials;
}

/**
 * Has a client fetch credentials anew, once a request, where S3 says that they have expired: our own
 * clock says when they do, and it may be wrong, or they were revoked.
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
    // Before credentials are chosen and the request is signed.
    { step: 'initialize', name: 'renewExpiredCredentials' },
  );
}
