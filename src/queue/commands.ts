import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/errors.ts';
import { stopModes } from '#src/core/queue/queue.ts';
import { isOver, type TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import { publishOutcome } from '#src/transfer/publish-outcome.ts';
import type { Needs } from '#src/transfer/step.ts';
import { writeEnd } from '#src/transfer/write-end.ts';
import { releaseSlotOrTicket } from './slots.ts';

type CommandPorts = Needs<'store' | 'queue' | 'events'>;

const commandSchema = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('pause'),
    /** Default: `finish`. */
    underWay: z._default(z.enum(stopModes), 'finish'),
  }),
  z.strictObject({ command: z.literal('resume') }),
  z.strictObject({ command: z.literal('cancel'), transferId: z.string() }),
]);

/** What an operator asks of the queue. */
export type QueueCommand = z.infer<typeof commandSchema>;

/** What a command changed. */
export type CommandResult =
  | { readonly command: 'pause' | 'resume'; readonly paused: boolean; readonly changed: boolean }
  | {
      readonly command: 'cancel';
      readonly transferId: string;
      /** The transfer's state after the command. */
      readonly state: string;
      readonly changed: boolean;
    };

/** Returns the command that a payload holds; undefined where it holds none. */
export function readCommand(event: unknown): QueueCommand | undefined {
  if (typeof event !== 'object' || event === null || !('command' in event)) return undefined;
  const parsed = commandSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TransferError(
    'InvalidInputError',
    `Invalid command ${JSON.stringify(event).slice(0, 200)}: ${issue?.path.join('.')} ${issue?.message}. Use {"command":"pause"}, {"command":"pause","underWay":"stop"}, {"command":"resume"} or {"command":"cancel","transferId":"…"}.`,
  );
}

/**
 * Pauses, resumes or cancels. Idempotent.
 * @throws InvalidInputError - no transfer has that id
 * @throws TableUnavailableError, EventNotPublishedError - the same command may be given again
 */
export async function runCommand(ports: CommandPorts, command: QueueCommand): Promise<CommandResult> {
  if (command.command === 'cancel') return cancel(ports, command.transferId);
  const before = await ports.queue.pause();
  if (command.command === 'resume') {
    await ports.queue.setPause(undefined);
    return { command: 'resume', paused: false, changed: before !== undefined };
  }
  const { underWay } = command;
  const since = before?.since ?? ports.clock.now();
  await ports.queue.setPause({ since, underWay });
  return { command: 'pause', paused: true, changed: before?.underWay !== underWay };
}

/**
 * Cancels a transfer: a queued one at once. The execution of an active one ends when it next reads the
 * row, in about a minute while it sends, and keeps its slot until then.
 */
async function cancel(ports: CommandPorts, transferId: string): Promise<CommandResult> {
  for (let round = 0; round < maxCancelRounds; round++) {
    const row = await ports.store.transfer(transferId);
    if (!row) throw noSuchTransfer(transferId);
    const { state } = row;
    if (isOver(state)) {
      if (state === 'cancelled') await publishOutcome(ports, row);
      return { command: 'cancel', transferId, state, changed: false };
    }
    if (await cancelSeen(ports, row))
      return { command: 'cancel', transferId, state: 'cancelled', changed: true };
  }
  const message = `the row of transfer ${transferId} kept changing hands`;
  throw new TransferError('TableUnavailableError', message);
}

/** Each round lost means that an execution took the transfer or queued it. */
const maxCancelRounds = 8;

function noSuchTransfer(transferId: string): TransferError {
  const message = `Invalid transferId ${JSON.stringify(transferId)}: no such transfer. Use the transferId that the execution's output or the event names.`;
  return new TransferError('InvalidInputError', message);
}

async function cancelSeen(ports: CommandPorts, row: TransferRecord): Promise<boolean> {
  const { clock, meter, log } = ports;
  const { state } = row;
  const why = 'An operator cancelled it.';
  const cancelledAt = new Date(clock.now()).toISOString();
  const reported = { status: 'cancelled', cancelledBy: 'request', cancelledAt, why };
  const ended = await writeEnd(ports, row, 'cancelled', reported);
  if (!ended) return false;
  meter.add('TransfersCancelled', 1);
  log.info('transfer cancelled', { ...transferLogFields(row), was: state });
  if (state === 'queued') await releaseSlotOrTicket(ports, row);
  await publishOutcome(ports, ended);
  return true;
}
