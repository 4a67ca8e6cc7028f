import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LocalDefinition } from '#local/commands/destination-options.ts';
import { errorNames } from '#src/core/errors/error-lookup.ts';
import { isTransferError } from '#src/core/errors/transfer-error.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Destination, UnfinishedSessions } from '#src/core/transfer/destination.ts';
import { parseHttpDate } from '#src/http/http-date.ts';
import { createConnectGuard } from '#src/http/public-addresses.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { readSettings } from '#src/service-api/settings.ts';
import { CommandError } from '../command-error.ts';
import type { Context, Environment } from '../context.ts';
import type { DeployedStack } from '../stack/deployed-stack.ts';
import { callAsOperator } from '../stack/operator-call.ts';

/** Waits before the second and the third try of a list that the service or the network refused, in ms. */
const waitsMs = [1_000, 4_000];

/** The unfinished sessions, and the service's own time. */
export interface TimedSessions extends UnfinishedSessions {
  /** Milliseconds since 1970, by the header `Date` of the list; undefined if it has none. */
  readonly serviceTime?: number | undefined;
}

/**
 * Lists the unfinished upload sessions at the service, with the key of a stack.
 * @param environment - variables with the settings of the destination
 * @throws CommandError - the service has no such list, or the secret is not readable
 */
export async function listUnfinished(
  stack: DeployedStack,
  definition: LocalDefinition,
  environment: Environment,
  context: Pick<Context, 'clock' | 'signal'>,
): Promise<TimedSessions> {
  const settings = readSettings(definition, environment);
  const guard = createConnectGuard({ baseUrl: settings.baseUrl, mayBePrivate: false });
  const agent = createAgent({ guard });
  const transport = createTimedTransport(createTransport({ agent, clock: context.clock }));
  const key = async () => readSecret(stack, definition);
  const destination = definition.create(settings, {
    transport,
    // Only the stack replaces a token that has expired: a second writer would make its token invalid.
    apiKey: { get: key, refresh: key },
    clock: context.clock,
    log: { info() {}, warn() {}, error() {} },
  });
  try {
    const listed = await listRepeatedly(destination, definition, context);
    return { ...listed, serviceTime: transport.serviceTime() };
  } finally {
    await closeAgent(agent);
  }
}

/** Returns a transport that remembers the time of the service, by the header `Date` of its last reply that has one. */
function createTimedTransport(
  transport: Transport,
): Transport & { serviceTime(): number | undefined } {
  let serviceTime: number | undefined;
  return {
    serviceTime: () => serviceTime,
    async send(request) {
      const reply = await transport.send(request);
      serviceTime = parseHttpDate(reply.headers.date ?? '') ?? serviceTime;
      return reply;
    },
  };
}

/** Lists the sessions. A refusal for now is tried again. */
async function listRepeatedly(
  { listUnfinished: list }: Pick<Destination, 'listUnfinished'>,
  definition: LocalDefinition,
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): Promise<UnfinishedSessions> {
  if (!list) throw cannotListError(definition);
  for (const waitMs of waitsMs) {
    try {
      return await list({ signal });
    } catch (error) {
      if (!canPass(error)) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
  return list({ signal });
}

function canPass(error: unknown): boolean {
  return isTransferError(error, ...errorNames('retry'));
}

function cannotListError({ title, kind }: LocalDefinition): CommandError {
  return new CommandError(
    'usage',
    `Invalid destination ${JSON.stringify(kind)}: ${title} does not list unfinished uploads, so orphans cannot be found. Name a stack with another destination.`,
  );
}

async function readSecret(
  { clients, output }: DeployedStack,
  { secret: { flawOf, noun } }: LocalDefinition,
): Promise<string> {
  const client = new SecretsManagerClient(clients);
  const SecretId = output('SecretArn');
  const { SecretString = '' } = await callAsOperator('secretsmanager:GetSecretValue', () =>
    client.send(new GetSecretValueCommand({ SecretId })),
  );
  const text = SecretString.trim();
  const flaw = flawOf?.(text) ?? (/^\S+$/.test(text) ? undefined : 'is not a single word');
  if (flaw === undefined) return text;
  throw new CommandError(
    'credentials',
    `Invalid ${noun} in the secret ${SecretId}: it ${flaw}. Store the ${noun}, then run the same command again.`,
  );
}
