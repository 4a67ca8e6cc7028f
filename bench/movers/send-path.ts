import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { handler as confirmUpload } from '#functions/confirm-upload/handler.ts';
import { handler as inspectSource } from '#functions/inspect-source/handler.ts';
import { handler as openSession } from '#functions/open-session/handler.ts';
import { handler as reportProofs } from '#functions/report-proofs/handler.ts';
import { give } from '#functions/runtime/given.ts';
import { handler as sendChunks } from '#functions/send-chunks/handler.ts';
import { localCredentials, localRegion } from '#local/emulators/local-account.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { lambdaContext } from '#local/state-machine/lambda-context.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { maxSlots } from '#src/core/limits/limits.ts';
import type { Sources } from '#src/core/source/sources.ts';
import type { ChunkRange } from '#src/core/transfer/chunk-plan.ts';
import { measure } from '../measure.ts';
import { answerQuestions } from '../talking-process.ts';
import type { MoverJob } from './job.ts';

/** What the opened session makes the state, as far as the map's iterations need it. */
interface Transfer {
  readonly transferId: string;
  readonly fence: number;
  readonly sessionNumber: number;
  readonly round: number;
  readonly ranges: readonly ChunkRange[];
  readonly concurrency: number;
}

/** As the send function deploys unless told otherwise. */
const timeoutSeconds = 300;
const memoryMib = 1024;
const turns = maxSlots;
/** Looks for a turn; the queue lets a new arrival wait a moment before its first. */
const maxLooks = 10;

const tableName = `transfers-${randomUUID()}`;
let tableReady: Promise<void> | undefined;

const executionId = `arn:aws:states:local:000000000000:execution:bench:${randomUUID()}`;

/**
 * The handlers as they deploy, called as the state machine calls them. Measured is the map: every
 * range's sending and reporting. Before it the object is inspected and the session opened; after it
 * the upload must be confirmed.
 */
answerQuestions(async (job: MoverJob) => {
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
  if (job.sums !== 'crc') await mustBeConfirmed(transfer);
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
    // Measured transfers are not ended, so each keeps its turn; every turn has the whole share.
    [keys.maxActiveTransfers]: String(turns),
    [keys.maxSendConcurrency]: String(turns * shape.rangesAtOnce),
    [keys.sources]: JSON.stringify({ list: [{ bucket }], readers: {} } satisfies Sources),
  };
}

/** The functions read their environment once, so it stays as the first job sets it. */
async function prepare(job: MoverJob): Promise<void> {
  Object.assign(process.env, environmentOf(job));
  // Neither is part of moving bytes, and what they would print is not the bench's answer.
  give({ events: { publish: async () => {} }, meter: { add: () => {} } });
  const client = new DynamoDBClient({ endpoint: job.tableUrl });
  await client.send(new CreateTableCommand(tableDefinition(tableName)));
  const polls = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
  await waitUntilTableExists(polls, { TableName: tableName });
  client.destroy();
}

async function openTransfer({ bucket, key, sums }: MoverJob): Promise<Transfer> {
  const inspected = await call<{ source: object }>(inspectSource, { bucket, key });
  let state: unknown = sums === 'crc' ? withChecksum(inspected) : inspected;
  for (let looks = 0; looks < maxLooks; looks++) {
    const opened = await call<Transfer & { next: string; waitSeconds: number }>(openSession, state);
    if (opened.next !== 'wait') return opened;
    await delay(opened.waitSeconds * 1000);
    state = opened;
  }
  throw new TransferError('UnexpectedError', `no turn after ${maxLooks} looks`);
}

/**
 * The bench's S3 has no checksum of the object, so one is made up: the send path then sums every
 * chunk. That the whole would not match is not found out, as the upload is not confirmed.
 */
function withChecksum(inspected: { readonly source: object }): object {
  const checksum = { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' };
  return { ...inspected, source: { ...inspected.source, checksum } };
}

async function sendRange(transfer: Transfer, range: ChunkRange): Promise<void> {
  const { transferId, fence, sessionNumber, round } = transfer;
  let state: { next?: string } = { transferId, fence, sessionNumber, round, range } as object;
  do state = await call(sendChunks, state);
  while (state.next === 'more');
  if (state.next !== 'sent') {
    throw new TransferError('UnexpectedError', `range ${range.n} ended with ${state.next}`);
  }
  await call(reportProofs, state);
}

async function mustBeConfirmed(transfer: Transfer): Promise<void> {
  const { next } = await call<{ next: string }>(confirmUpload, transfer);
  if (next === 'asset') return;
  throw new TransferError('UnexpectedError', `the upload's confirmation ended with ${next}`);
}

/** Payload and context as the state machine and Lambda give them. */
async function call<Result>(handler: LambdaHandler, state: unknown): Promise<Result> {
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
  return (await handler(payload as never, context)) as Result;
}
