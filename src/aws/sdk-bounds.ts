import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { userAgent } from '#src/core/product.ts';
import { createBoundedHandler } from './bounded-handler.ts';
import type { SdkRequestHandler } from './undici-request-handler.ts';

/** Client options that name the product in the User-Agent. */
export const namedCalls = { customUserAgent: userAgent } as const;

/** Client options for calls that obtain credentials. */
export const credentialCalls = {
  ...namedCalls,
  maxAttempts: 3,
  /** @throws ConfigurationError - a proxy setting in the environment is not a URL */
  get requestHandler(): SdkRequestHandler {
    return createBoundedHandler();
  },
} as const;

/**
 * Returns the SDK's default chain of credentials. Without these options, its calls to IAM Identity Center
 * would use neither the bounds nor the proxy.
 */
export function chainedCredentials() {
  return fromNodeProviderChain({ clientConfig: credentialCalls });
}

/**
 * Client options that bound one call to DynamoDB, EventBridge, Step Functions, Secrets Manager, SNS,
 * Lambda or CloudFormation. Each client has its own sockets and uses the environment's proxies. The S3
 * client, which moves the bytes, has its own bounds.
 */
export const boundedCalls = {
  ...namedCalls,
  maxAttempts: credentialCalls.maxAttempts,
  /** @throws ConfigurationError - a proxy setting in the environment is not a URL */
  get requestHandler(): SdkRequestHandler {
    return credentialCalls.requestHandler;
  },
  get credentials() {
    return chainedCredentials();
  },
} as const;
