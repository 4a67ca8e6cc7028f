/**
 * Bounds of one call to DynamoDB, EventBridge, Step Functions, Secrets Manager or STS, to be spread
 * into the client's options. Their replies are small; without these a silent server holds a call for ever.
 */
export const boundedCalls = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;
