import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { createContainer } from '#functions/runtime/container.ts';
import { localRegion } from '#local/emulators/local-account.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { createHandlers } from '#local/handlers.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxSlots } from '#src/core/limits/limits.ts';
import type { OpenSessionAnswer } from '#src/core/shared-with-infra/next-answers.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { Sources } from '#src/core/source/sources.ts';
import { defaultKind, definitionOf } from '#src/destinations/registry.ts';
import { environmentOf } from '#src/service-api/settings.ts';
import { measure, sumUsages, type Usage } from '../measure/usage.ts';
import type { Film } from '../processes/films.ts';
import { serveRequests } from '../processes/worker-process.ts';
import type { MoverJob } from './job.ts';
import { readRangeMap } from './map-state.ts';

/** An answer of OpenSession. `ending` is set if the execution ends without a session. */
interface OpenResult {
  readonly next: OpenSessionAnswer;
  readonly waitSeconds: number;
  readonly ending?: { readonly status: string };
  readonly [field: string]: unknown;
}

/** The service that the sink simulates. */
const service = definitionOf(defaultKind, 'bench');

/** The defaults of the deployed SendChunks function. */
const timeoutSeconds = 300;
const memoryMib = 1024;

/** Measured transfers are not ended and keep their slots, so the bench uses all slots. */
const slots = maxSlots;

/** Calls of OpenSession while it answers `wait`. */
const maxOpenCalls = 10;

const tableName = `transfers-${randomUUID()}`;
let tableReady: Promise<void> | undefined;

// Events and metrics are not part of moving bytes.
const overrides = { events: { publish: async () => {} }, meter: { add: () => {} } };
const ranges = readRangeMap();
const handlers = createHandlers(createContainer(process.env, overrides));

/**
 * Calls the deployed handlers as the state machine does. Measures the map: sending and reporting of all
 * ranges. Inspects each object and opens its session before, and confirms the upload after it. For an
 * object with a CRC64NVME, the confirmation compares the sum of all bytes with it.
 */
serveRequests(async (job: MoverJob) => {
  tableReady ??= prepare(job);
  await tableReady;
  const usages: Usage[] = [];
  for (const film of job.films) usages.push(await moveFilm(job, film));
  return sumUsages(usages);
});

async function moveFilm(job: MoverJob, film: Film): Promise<Usage> {
  const call = callerFor(`arn:aws:states:local:000000000000:execution:bench:${randomUUID()}`);
  const transfer = await openTransfer(call, job.source.bucket, film.key);
  const usage = await measure(() => ranges.run(transfer, call));
  await confirm(call, transfer);
  return usage;
}

function moverEnvironment({ source, tableUrl, sink, shape }: MoverJob): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: source.url,
    AWS_ENDPOINT_URL_DYNAMODB: tableUrl,
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: source.accessKeyId,
    AWS_SECRET_ACCESS_KEY: source.secretAccessKey,
    [keys.tableName]: tableName,
    [service.secret.variable]: sink.apiKey,
    ...environmentOf(service, { baseUrl: sink.baseUrl }),
    [keys.chunksInFlight]: String(shape.inFlight / shape.rangesAtOnce),
    [keys.mapConcurrency]: String(shape.rangesAtOnce),
    // The share of each slot is all ranges of the shape.
    [keys.maxActiveTransfers]: String(slots),
    [keys.maxSendConcurrency]: String(slots * shape.rangesAtOnce),
    [keys.sources]: JSON.stringify({
      list: [{ bucket: source.bucket }],
      readers: {},
    } satisfies Sources),
  };
}

/** Sets the environment and creates the table. The functions read the environment once, in the first job. */
async function prepare(job: MoverJob): Promise<void> {
  Object.assign(process.env, moverEnvironment(job));
  const client = new DynamoDBClient({ endpoint: job.tableUrl });
  await client.send(new CreateTableCommand(tableDefinition(tableName)));
  const polls = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
  await waitUntilTableExists(polls, { TableName: tableName });
  client.destroy();
}

/** @throws UnexpectedError - OpenSession ended, for example as `queued`, or has no session to send to */
async function openTransfer(call: Call, bucket: string, key: string): Promise<OpenResult> {
  let state: unknown = await call('InspectSource', { bucket, key });
  for (let calls = 0; calls < maxOpenCalls; calls++) {
    const opened = await call<OpenResult>('OpenSession', state);
    if (opened.next === 'send') return opened;
    if (opened.next !== 'wait') throw notOpened(opened.ending?.status ?? opened.next);
    await delay(opened.waitSeconds * 1000);
    state = opened;
  }
  throw notOpened(`wait, ${maxOpenCalls} times`);
}

function notOpened(answer: string): TransferError {
  const message = `OpenSession answered ${JSON.stringify(answer)}: expected "send", since all slots are free`;
  return new TransferError('UnexpectedError', message);
}

async function confirm(call: Call, transfer: OpenResult): Promise<void> {
  const { next } = await call<{ next: string }>('ConfirmUpload', transfer);
  if (next === 'asset') return;
  const message = `ConfirmUpload answered ${JSON.stringify(next)}: expected "asset"`;
  throw new TransferError('UnexpectedError', message);
}

type Call = <Result>(name: FunctionName, state: unknown) => Promise<Result>;

/** Returns a call of a handler with the payload of the state machine and the context of Lambda. */
function callerFor(executionId: string): Call {
  return async <Result>(name: FunctionName, state: unknown) => {
    const called = {
      name: 'bench',
      logicalId: 'Bench',
      handler: 'index.handler',
      timeoutSeconds,
      memoryMib,
      environment: {},
      referencedEnvironment: [],
    };
    const context = lambdaContext(called, 'arn:aws:lambda:local', randomUUID(), Date.now);
    const payload = { state, executionId, startedAt: new Date().toISOString() };
    return (await handlers[name](payload as never, context)) as Result;
  };
}
