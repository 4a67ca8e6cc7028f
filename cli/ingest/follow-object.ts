import { createHash } from 'node:crypto';
import { speedText } from '#local/terminal/words.ts';
import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { isOver, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { readFailure } from '#src/outcome/failure.ts';
import { hasAsset } from '#src/outcome/outcome.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { describeError } from '../describe-error.ts';
import { longText } from '../output/words.ts';
import { type Executions, UnclearStartError } from '../stack/executions.ts';
import { logSign, paceOf, phaseOf } from '../transfers/describe-transfer.ts';
import { percent, readDetails } from '../transfers/transfer-details.ts';
import type { TransferTable } from '../transfers/transfer-table.ts';
import { readRepeatedly } from '../watch/watch-rows.ts';
import type { ItemEnd } from './batch.ts';
import type { ObjectItem } from './objects.ts';

/** What the starts of one call share. */
export interface StackRun {
  readonly executions: Executions;
  readonly table: TransferTable;
  readonly context: Context;
  /** The options of each start. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly print: (line: string) => void;
}

/** Time between two reads of a transfer, in ms. */
export const intervalMs = 5_000;

/** Reads of the table without a transfer before the execution itself is asked. */
const readsWithoutTransfer = 2;

/**
 * Starts an execution for an object. A repeated call with the same options within the same second starts nothing
 * new. The item has the execution unless AWS rejected the start.
 * @returns its ARN
 * @throws CommandError - StartExecution failed
 */
export async function startObject(item: ObjectItem, run: StackRun): Promise<string> {
  const { executions, options, context } = run;
  const input = { bucket: item.bucket, key: item.key, ...options };
  const name = nameFor(input, context.clock.now());
  // Before the call: an interrupt may come first, and the reply may be lost.
  item.execution = executions.arnOf(name);
  item.isBegun = true;
  try {
    return await executions.start(name, input);
  } catch (error) {
    if (!(error instanceof UnclearStartError)) {
      item.execution = undefined;
      item.isBegun = false;
    }
    throw error;
  }
}

/** An execution's name has at most 80 characters, and not every character of a key: the digest keeps names of similar inputs apart. */
function nameFor(input: unknown, now: number): string {
  const digest = createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 24);
  return `ingest-${digest}-${Math.floor(now / 1000)}`;
}

/** Reading failed after a start. The ending stays; the advice to start again would move the object twice. */
function notFollowedError(error: unknown, { name }: ObjectItem): CommandError {
  return new CommandError(
    describeError(error, 'stack').ending,
    `The transfer continues in the stack, but it could not be followed: ${reasonOf(error)}. Do not start it again: chunkferry status ${name} shows it.`,
    { cause: error },
  );
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const isCall = error instanceof CommandError && cause !== undefined;
  return (isCall ? describeSdkFailure(sdkFailure(cause)) : message).replace(/\.$/, '');
}

/** Starts an execution for an object, and follows its transfer in the rows. Returns its end; undefined if a signal came before. */
export async function moveObject(
  item: ObjectItem,
  update: () => void,
  run: StackRun,
): Promise<ItemEnd | undefined> {
  const execution = await startObject(item, run);
  try {
    return await followObject(execution, item, update, run);
  } catch (error) {
    if (run.context.signal.aborted) return undefined;
    throw notFollowedError(error, item);
  }
}

async function followObject(
  execution: string,
  item: ObjectItem,
  update: () => void,
  run: StackRun,
): Promise<ItemEnd | undefined> {
  item.line = 'started';
  update();
  const follower = createFollower(execution, item, run);
  let end: ItemEnd | undefined;
  const read = async () => {
    end = await follower();
    update();
    return end !== undefined;
  };
  await run.context.clock.sleep(1_000, run.context.signal);
  await readRepeatedly(read, intervalMs, run.print, run.context);
  return end;
}

/** Returns a function that reads what became of a start: its end, or undefined while it goes on. */
function createFollower(execution: string, item: ObjectItem, run: StackRun) {
  const { table } = run;
  let transferId: string | undefined;
  let isTaken = false;
  let reads = 0;
  return async (): Promise<ItemEnd | undefined> => {
    transferId ??= await table.store.transferOfExecution(execution);
    const record = transferId ? await table.store.transfer(transferId) : undefined;
    // Until this start takes the transfer, its row shows an earlier end.
    if (record) isTaken ||= !isOver(record.state) || record.owner === execution;
    if (record && isTaken) return showRecord(item, record, run);
    if (++reads < readsWithoutTransfer) return undefined;
    const ended = await executionEnd(execution, run);
    if (ended?.status !== 'queued') return ended;
    transferId = ended.transferId;
    isTaken = true;
    return undefined;
  };
}

/** Shows a transfer that goes on, or returns its end. */
async function showRecord(
  item: ObjectItem,
  record: TransferRecord,
  { table, context: { clock } }: StackRun,
): Promise<ItemEnd | undefined> {
  if (isOver(record.state)) return endOfRecord(record);
  const now = clock.now();
  const details = await readDetails(table, record);
  const pace = paceOf(details, now);
  const { bytes, totalBytes, bytesPerSecond, secondsLeft } = pace;
  const speed = bytesPerSecond === undefined ? [] : [speedText(bytesPerSecond, 1000)];
  const left = secondsLeft === undefined ? [] : [`${longText(1000 * secondsLeft)} left`];
  item.bytesPerSecond = bytesPerSecond;
  item.sign = logSign(record, pace);
  item.line = [percent(bytes, totalBytes), ...left, ...speed, phaseOf(details)].join('  ');
  return undefined;
}

function endOfRecord({ state, assetId, transferId, owner, outcome }: TransferRecord): ItemEnd {
  const { error, cause } = outcome ?? {};
  return {
    status: state,
    isGood: state === 'ready',
    assetId,
    transferId,
    execution: owner,
    ...(error !== undefined && { error: String(error), cause: String(cause ?? '') }),
  };
}

/** Returns how an execution without a transfer of its own ended; undefined while it runs. */
async function executionEnd(
  executionArn: string,
  { executions }: StackRun,
): Promise<ItemEnd | undefined> {
  const found = await executions.describe(executionArn);
  if (found.status === 'RUNNING') return undefined;
  if (found.status !== 'SUCCEEDED') {
    const failure = { Error: found.error ?? String(found.status), Cause: found.cause ?? '' };
    return { status: 'failed', isGood: false, execution: executionArn, ...readFailure(failure) };
  }
  const { status, assetId, transferId, why } = JSON.parse(found.output ?? '{}');
  return {
    status,
    isGood: hasAsset(status),
    assetId,
    transferId,
    execution: executionArn,
    cause: why,
  };
}
