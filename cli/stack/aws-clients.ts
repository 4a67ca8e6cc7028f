import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { boundedCalls, credentialCalls } from '#src/aws/sdk-bounds.ts';
import type { Environment } from '../context.ts';
import type { PlaceFlags } from '../options.ts';

/** Options of an AWS client that works with the operator's profile and Region. */
export type ClientOptions = ReturnType<typeof clientOptions>;

/**
 * Returns the options for AWS clients: profile and Region are found as the AWS CLI finds them. The CLI also
 * reads `AWS_DEFAULT_REGION`, which the SDK does not. An empty variable is one that is not set.
 */
export function clientOptions(
  { profile, region }: Pick<PlaceFlags, 'profile' | 'region'>,
  env: Environment,
) {
  const named = region || env.AWS_REGION || (profile ? undefined : env.AWS_DEFAULT_REGION);
  const { customUserAgent, maxAttempts, requestHandler } = boundedCalls;
  return {
    customUserAgent,
    maxAttempts,
    requestHandler,
    ...(profile && { profile }),
    ...(named && { region: named }),
    credentials: fromNodeProviderChain({
      clientConfig: credentialCalls,
      ...(profile && { profile }),
    }),
  };
}
