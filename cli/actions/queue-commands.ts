import type { StopMode } from '#src/core/queue/queue.ts';
import { isOver } from '#src/core/transfer/transfer-row.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { type Context, printJson, printNote, printResult } from '../context.ts';
import type { Ending } from '../exit-codes.ts';
import type { PlaceFlags } from '../options.ts';
import { counted } from '../output/words.ts';
import { sendCommand } from '../queue/send-command.ts';
import type { DeployedStack } from '../stack/deployed-stack.ts';
import { findTransfer } from '../transfers/find-transfer.ts';
import { listTransfers } from '../transfers/list-transfers.ts';
import { openPlace, type Place } from '../transfers/place.ts';
import { percent, type TransferDetails } from '../transfers/transfer-details.ts';
import { urlOf } from '../transfers/transfer-view.ts';

export interface Flags extends PlaceFlags {
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly stop?: boolean;
}

export async function cancel(name: string, flags: Flags, context: Context): Promise<Ending> {
  const { place, stack } = await openStack(flags, context);
  const details = await findTransfer(place, name, context.clock.now());
  const { record } = details;
  const { transferId, state } = record;
  if (isOver(state)) {
    printNote(context, `${urlOf(record)} is ${state} already. Nothing was changed.`);
    return 'done';
  }
  await confirm([place.title, cancelPlan(details)], flags, context);
  const answer = await sendCommand(stack, { command: 'cancel', transferId });
  if (flags.json) printJson(context, { version: 1, ...answer });
  else printResult(context, `${transferId} is ${'state' in answer ? answer.state : 'cancelled'}.`);
  return 'done';
}

function cancelPlan({ record, provenBytes }: TransferDetails): string {
  const { state, source } = record;
  const kept = state === 'active' ? `, ${percent(provenBytes, source.sizeBytes)} has a proof` : '';
  const when = state === 'queued' ? 'at once' : 'before its next chunk, in about a minute';
  return `Cancels ${urlOf(record)} (${state}${kept}): it ends ${when}.`;
}

export async function pause(flags: Flags, context: Context): Promise<Ending> {
  const underWay: StopMode = flags.stop ? 'stop' : 'finish';
  const { place, stack } = await openStack(flags, context);
  const plan = pausePlan(await countLoad(place, context), underWay);
  await confirm([place.title, plan], flags, context);
  return report(await sendCommand(stack, { command: 'pause', underWay }), flags, context);
}

/** What becomes of the active transfers. */
const pauseEnds: Readonly<Record<StopMode, string>> = {
  stop: 'stop before their next chunk and are queued with their proofs',
  finish: 'complete',
};

function pausePlan({ active, queued }: Load, underWay: StopMode): string {
  return `Pauses it: ${counted(active, 'active transfer')} ${pauseEnds[underWay]}; ${queued} in the queue wait until chunkferry resume.`;
}

export async function resume(flags: Flags, context: Context): Promise<Ending> {
  const { place, stack } = await openStack(flags, context);
  const { queued } = await countLoad(place, context);
  const plan = `Resumes it: ${counted(queued, 'queued transfer')} start as slots are free.`;
  await confirm([place.title, plan], flags, context);
  return report(await sendCommand(stack, { command: 'resume' }), flags, context);
}

function report(
  answer: Awaited<ReturnType<typeof sendCommand>>,
  { json }: Flags,
  context: Context,
): Ending {
  const isPaused = 'paused' in answer && answer.paused;
  const before = answer.changed ? '' : ' It was so before.';
  if (json) printJson(context, { version: 1, ...answer });
  else printResult(context, `The stack ${isPaused ? 'is paused' : 'is not paused'}.${before}`);
  return 'done';
}

/** Transfers that are counted before a question; more are not worth the reads. */
const mostCounted = 1_000;

/** Transfers that move and that wait. */
interface Load {
  readonly active: number;
  readonly queued: number;
}

async function countLoad(place: Place, { clock }: Context): Promise<Load> {
  const now = clock.now();
  const query = { states: ['active', 'queued'], since: now, limit: mostCounted } as const;
  let [active, queued] = [0, 0];
  for await (const table of place.tables())
    for (const { state } of await listTransfers(table, query, now))
      if (state === 'active') active += 1;
      else queued += 1;
  return { active, queued };
}

async function openStack(
  flags: Flags,
  context: Context,
): Promise<{ place: Place; stack: DeployedStack }> {
  const place = await openPlace(flags, context);
  if (place.stack) return { place, stack: place.stack };
  throw new CommandError('usage', 'Local runs have no queue. End a local run with Ctrl-C.');
}
