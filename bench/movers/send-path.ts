import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { createContainer } from '#functions/runtime/container.ts';
import { localCredentials, localRegion } from '#local/emulators/local-account.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { createHandlers } from '#local/handlers.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { maxSlots } from '#src/core/limits/limits.ts';
import type { Sources } from '#src/core/source/sources.ts';
import type { OpenSessionAnswer } from '#src/core/stack/next-answers.ts';
import type { FunctionName } from '#src/core/stack/step-names.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import { measure } from '../measure.ts';
import { serveRequests } from '../worker-process.ts';
import type { MoverJob } from './job.ts';

/** The part of the state after OpenSession that the map's iterations need. */
interface Transfer {
  readonly transferId: string;
  readonly fence: number;
  readonly sessionNumber: number;
  readonly round: number;
  readonly ranges: readonly ChunkRange[];
  readonly concurrency: number;
}

/** An answer of OpenSession. `ending` is set if the execution ends without a session. */
interface OpenResult extends Transfer {
  readonly next: OpenSessionAnswer;
  readonly waitSeconds: number;
  readonly ending?: { readonly status: string };
}

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
const handlers = createHandlers(createContainer(process.env, overrides));

const executionId = `arn:aws:states:local:000000000000:execution:bench:${randomUUID()}`;

/**
 * Calls the deployed handlers as the state machine does. Measures the map: sending and reporting of all
 * ranges. Inspects the object and opens the session before, and confirms the upload after it.
 */
serveRequests(async (job: MoverJob) => {
  tableReady ??= prepare(job);
  await tableReady;
  const transfer = await openTransfer(job);
  const queue = [...transfer.ranges];
  const iterations = async () => {
    for (let range = queue.shift(); range; range = queue.shift()) await sendRange(transfer, range);
  };
  const usage = await measure(() =>
    Promise.all(Array.from({ length: transfer.concurrency }, iterations)),
  );
  if (job.sums !== 'crc') await confirm(transfer);
  return usage;
});

function environmentOf({ s3Url, bucket, tableUrl, sink, shape }: MoverJob): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_ENDPOINT_URL_DYNAMODB: tableUrl,
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    [keys.tableName]: tableName,
    [keys.apiKey]: sink.apiKey,
    [keys.baseUrl]: sink.baseUrl,
    [keys.chunksInFlight]: String(shape.inFlight / shape.rangesAtOnce),
    [keys.mapConcurrency]: String(shape.rangesAtOnce),
    // The share of each slot is all ranges of the shape.
    [keys.maxActiveTransfers]: String(slots),
    [keys.maxSendConcurrency]: String(slots * shape.rangesAtOnce),
    [keys.sources]: JSON.stringify({ list: [{ bucket }], readers: {} } satisfies Sources),
  };
}

/** Sets the environment and creates the table. The functions read the environment once, in the first job. */
async function prepare(job: MoverJob): Promise<void> {
  Object.assign(process.env, environmentOf(job));
  const client = new DynamoDBClient({ endpoint: job.tableUrl });
  await client.send(new CreateTableCommand(tableDefinition(tableName)));
  const polls = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
  await waitUntilTableExists(polls, { TableName: tableName });
  client.destroy();
}

/** @throws UnexpectedError - OpenSession ended, for example as `queued`, or has no session to send to */
async function openTransfer({ bucket, key, sums }: MoverJob): Promise<Transfer> {
  const inspected = await call<{ source: object }>('InspectSource', { bucket, key });
  let state: unknown = sums === 'crc' ? withChecksum(inspected) : inspected;
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

/**
 * Adds a made-up checksum, since the bench's S3 has none: the send path then sums every chunk. The wrong
 * value has no effect, because this upload is not confirmed.
 */
function withChecksum(inspected: { readonly source: object }): object {
  const checksum = { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' };
  return { ...inspected, source: { ...inspected.source, checksum } };
}

async function sendRange(transfer: Transfer, range: ChunkRange): Promise<void> {
  const { transferId, fence, sessionNumber, round } = transfer;
  let state: { next?: string } = { transferId, fence, sessionNumber, round, range } as object;
  do state = await call('SendChunks', state);
  while (state.next === 'more');
  if (state.next !== 'sent') {
    const message = `SendChunks answered ${JSON.stringify(state.next)} for range ${range.n}: expected "sent"`;
    throw new TransferError('UnexpectedError', message);
  }
  await call('ReportProofs', state);
}

async function confirm(transfer: Transfer): Promise<void> {
  const { next } = await call<{ next: string }>('ConfirmUpload', transfer);
  if (next === 'asset') return;
  const message = `ConfirmUpload answered ${JSON.stringify(next)}: expected "asset"`;
  throw new TransferError('UnexpectedError', message);
}

/** Calls a handler with the payload of the state machine and the context of Lambda. */
async function call<Result>(name: FunctionName, state: unknown): Promise<Result> {
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
}
