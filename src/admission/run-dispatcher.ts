import * as z from 'zod/mini';
import type { ServiceCall } from '#src/background-work/work-through.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type CommandResult, readCommand, runCommand } from './commands.ts';
import {
  type DispatchPorts,
  type DispatchResult,
  dispatch,
  dispatchOnSchedule,
} from './dispatch.ts';

const callSchema = z.object({
  stateMachineArn: z.string(),
  /** Set for the scheduled call of every minute. It also measures the queue. */
  schedule: z.optional(z.literal(true)),
});

/**
 * Runs an operator's command, or starts executions for queued transfers.
 * @param event - a command such as `{"command":"pause"}`, or `{"stateMachineArn":"…"}` from the state
 *   machine, its status events and the schedule
 * @throws InvalidInputError - the event is neither
 */
export async function runDispatcher(
  ports: DispatchPorts,
  event: unknown,
  call: ServiceCall,
): Promise<DispatchResult | CommandResult> {
  const command = readCommand(event);
  if (command) return runCommand(ports, command);
  const parsed = callSchema.safeParse(event);
  if (!parsed.success) throw unsupportedEventError(event);
  const { stateMachineArn, schedule } = parsed.data;
  const run = schedule ? dispatchOnSchedule : dispatch;
  return run(ports, stateMachineArn, call);
}

function unsupportedEventError(event: unknown): TransferError {
  const text = JSON.stringify(event)?.slice(0, 200);
  const message = `Invalid dispatcher event ${text}: expected a "command" or a "stateMachineArn".`;
  return new TransferError('InvalidInputError', message);
}
