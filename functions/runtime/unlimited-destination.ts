import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createReplaceableSecret } from '#src/aws/replaceable-secret.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { createSecretApiKey } from '#src/aws/secret-api-key.ts';
import { requiredVariable } from '#src/config/environment.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import { createTransport } from '#src/http/transport.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { createCallBudgets } from '#src/throttling/call-budgets.ts';
import { configuredDestination } from './configured-destination.ts';
import type { Container, PortPart } from './container.ts';
import { createDestinationAgent } from './destination-agent.ts';
import { createSandboxLog } from './log.ts';
import { settings } from './settings.ts';
import { sockets } from './sockets.ts';
import { queue, secretLease } from './table.ts';

/** The service without the limits that functions share. */
export const unlimitedDestination: PortPart<'destination'> = {
  port: 'destination',
  build: createUnlimitedDestination,
};

function createUnlimitedDestination(container: Container) {
  const { clock, env } = container;
  const { privateUploadHosts: mayBePrivate = false, uploadReplyMs } = container.get(settings);
  const { definition, settings: own } = configuredDestination(env);
  const hosts = { baseUrl: own.baseUrl, mayBePrivate };
  const agent = createDestinationAgent(container.get(sockets), hosts);
  return definition.create(own, {
    transport: createTransport({ agent, clock }),
    apiKey: apiKeyOf(container, definition),
    clock,
    log: createSandboxLog(container),
    takeCall: createCallBudgets({
      clock,
      random: container.random,
      store: () => container.get(queue),
    }),
    uploadReplyMs,
  });
}

/** Reads the key from its secret. A local run sets no secret, but the key itself. */
function apiKeyOf(
  container: Container,
  { secret: { variable, flawOf }, needs }: AnyDefinition,
): ApiKeySource {
  const { clock, env } = container;
  const secretArn = env[keys.apiKeySecretArn];
  if (secretArn) {
    const client = new SecretsManagerClient(boundedCalls);
    const options = { client, secretArn, clock, flawOf };
    if (!needs?.renewsSecret) return createSecretApiKey(options);
    const lease = container.get(secretLease);
    return createReplaceableSecret({ ...options, lease, log: createSandboxLog(container) });
  }
  const key = async () => requiredVariable(env, variable);
  return { get: key, refresh: key };
}
