import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { stopModes } from '#src/core/queue/queue.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import { isOver, type TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { writeEnd } from '#src/outcome/ended-outside.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import type { Needs } from '#src/step-support/step.ts';
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

/** A command of an operator. */
export type QueueCommand = z.infer<typeof commandSchema>;

/** The result of a command. */
export type CommandResult =
  | { readonly command: 'pause' | 'resume'; readonly paused: boolean; readonly changed: boolean }
  | {
      readonly command: 'cancel';
      readonly transferId: string;
      /** The transfer's state after the command. */
      readonly state: string;
      readonly changed: boolean;
    };

/**
 * Reads a command. Returns undefined if the event is no command.
 * @throws InvalidInputError - the command is invalid
 */
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
 * @throws InvalidInputError - no transfer has this id
 * @throws TableUnavailableError, EventNotPublishedError - retryable by the same command
 */
export async function runCommand(
  ports: CommandPorts,
  command: QueueCommand,
): Promise<CommandResult> {
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
 * Cancels a transfer. A queued transfer ends at once. The execution of an active transfer ends when it
 * next reads the row, within about a minute, and then releases its slot.
 */
async function cancel(ports: CommandPorts, transferId: string): Promise<CommandResult> {
  for (let attempt = 0; attempt < maxCancelAttempts; attempt++) {
    const row = await ports.store.transfer(transferId);
    if (!row) throw noSuchTransferError(transferId);
    const { state } = row;
    if (isOver(state)) {
      if (state === 'cancelled') await publishOutcome(ports, row);
      return { command: 'cancel', transferId, state, changed: false };
    }
    if (await cancelRow(ports, row))
      return { command: 'cancel', transferId, state: 'cancelled', changed: true };
  }
  const message = `Cancelling transfer ${transferId} failed: its owner changed ${maxCancelAttempts} times.`;
  throw new TransferError('RowContendedError', message);
}

/** Attempts to cancel. An attempt fails if an execution takes or queues the transfer meanwhile. */
const maxCancelAttempts = 8;

function noSuchTransferError(transferId: string): TransferError {
  const message = `Invalid transferId ${JSON.stringify(transferId)}: no transfer has this id. Use the transferId of the execution's output or of the event.`;
  return new TransferError('InvalidInputError', message);
}

async function cancelRow(ports: CommandPorts, row: TransferRecord): Promise<boolean> {
  const { clock, meter, log } = ports;
  const { state } = row;
  const why = 'An operator cancelled it.';
  const cancelledAt = new Date(clock.now()).toISOString();
  const reported = { status: 'cancelled', cancelledBy: 'request', cancelledAt, why };
  const ended = await writeEnd(ports, row, 'cancelled', reported);
  if (!ended) return false;
  meter.add('TransfersCancelled', 1);
  log.info('transfer cancelled', { ...transferLogFields(row), stateBefore: state });
  if (state === 'queued') await releaseSlotOrTicket(ports, row);
  await publishOutcome(ports, ended);
  return true;
}
