import { maxStartsPerTicket } from '#src/core/limits.ts';
import type { TransferRecord } from '#src/core/transfer.ts';
import { announce } from './announce.ts';
import { describeOutcome, subjectOf } from './describe-outcome.ts';
import { readFailure } from './failure.ts';
import { releaseSlot } from './slots.ts';
import type { Needs } from './step.ts';

type CommandPorts = Needs<'store' | 'queue' | 'events'>;

/** Fails a queued transfer whose executions all end before they take it. */
export async function failQueued(ports: CommandPorts, row: TransferRecord): Promise<void> {
  const { store, clock, meter, log } = ports;
  const { transferId, fence, createdAt } = row;
  const failure = readFailure({
    Error: 'StartsExhaustedError',
    Cause: `${maxStartsPerTicket} executions that the dispatcher started ended before they took the transfer`,
  });
  const started = { executionStartedAt: createdAt };
  const outcome = await describeOutcome(ports, row, started, { status: 'failed', ...failure });
  const patch = { state: 'failed', outcome, announced: false } as const;
  const seen = { state: 'queued' } as const;
  const changedAt = clock.now();
  if (!(await store.patchTransfer(transferId, fence, patch, changedAt, seen))) return;
  meter.add('TransfersFailed', 1);
  meter.add('FailuresByError', 1, failure.error);
  log.error('queued transfer failed', { ...subjectOf(row), error: failure.error });
  await releaseSlot(ports, row);
  await announce(ports, { ...row, ...patch, changedAt });
}
