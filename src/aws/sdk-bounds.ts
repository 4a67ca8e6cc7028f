import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { userAgent } from '#src/core/stack/product.ts';
import { createBoundedHandler } from './bounded-handler.ts';
import type { SdkRequestHandler } from './undici-request-handler.ts';

/** How every AWS client names the product. */
export const namedCalls = { customUserAgent: userAgent } as const;

/** Client options for calls that obtain credentials. */
export const credentialCalls = {
  ...namedCalls,
  maxAttempts: 3,
  /** @throws ConfigurationError - a proxy of the environment is not a URL */
  get requestHandler(): SdkRequestHandler {
    return createBoundedHandler();
  },
} as const;

/**
 * The SDK's own chain of credentials. Left to itself, its calls to IAM Identity Center take neither
 * the bounds nor the proxy.
 */
export function chainedCredentials() {
  return fromNodeProviderChain({ clientConfig: credentialCalls });
}

/**
 * Bounds of one call to DynamoDB, EventBridge, Step Functions, Secrets Manager, SNS, Lambda
 * or CloudFormation, to be spread into the client's options. Each client has sockets of its own, by the
 * proxies of the environment. The S3 client, which moves the bytes, has bounds of its own.
 */
export const boundedCalls = {
  ...namedCalls,
  maxAttempts: credentialCalls.maxAttempts,
  /** @throws ConfigurationError - a proxy of the environment is not a URL */
  get requestHandler(): SdkRequestHandler {
    return credentialCalls.requestHandler;
  },
  get credentials() {
    return chainedCredentials();
  },
} as const;
