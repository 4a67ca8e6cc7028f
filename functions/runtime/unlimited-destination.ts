import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { createSecretApiKey } from '#src/aws/secret-api-key.ts';
import { required } from '#src/config/environment.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import type { ApiKeySource } from '#src/core/stack/api-key.ts';
import { createDestination } from '#src/destinations/registry.ts';
import { createTransport } from '#src/http/transport.ts';
import { destinationAgent } from './agent.ts';
import { clock } from './clock.ts';
import { plainLog } from './log.ts';
import { settings } from './settings.ts';

const defaultBaseUrl = 'https://api.twelvelabs.io/v1.3';

/** The service as its adapter makes it. */
export function unlimitedDestination() {
  const baseUrl = process.env[keys.baseUrl] ?? defaultBaseUrl;
  const mayBePrivate = settings().privateUploadHosts ?? false;
  const agent = destinationAgent({ baseUrl, mayBePrivate });
  return createDestination(process.env[keys.destination] ?? 'twelvelabs', {
    transport: createTransport({ agent, clock: clock() }),
    apiKey: apiKey(),
    baseUrl,
    clock: clock(),
    log: plainLog(),
    uploadReplyMs: settings().uploadReplyMs,
  });
}

/** From the secret where one is named, else the key itself: a local run's way. */
function apiKey(): ApiKeySource {
  const secretArn = process.env[keys.apiKeySecretArn];
  if (secretArn) {
    return createSecretApiKey({
      client: new SecretsManagerClient(boundedCalls),
      secretArn,
      clock: clock(),
    });
  }
  return {
    get: async () => required(process.env, 'apiKey'),
    refresh: async () => required(process.env, 'apiKey'),
  };
}
