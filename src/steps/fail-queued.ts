import { maxStartsPerTicket } from '#src/core/limits.ts';
import type { TransferRecord } from '#src/core/transfer.ts';
import { announce } from './announce.ts';
import { subjectOf } from './describe-outcome.ts';
import { readFailure } from './failure.ts';
import { releaseSlot } from './slots.ts';
import type { Needs } from './step.ts';
import { writeEnd } from './write-end.ts';

/** Fails a queued transfer whose executions all end before they take it. */
export async function failQueued(
  ports: Needs<'store' | 'queue' | 'events'>,
  row: TransferRecord,
): Promise<void> {
  const { meter, log } = ports;
  const failure = readFailure({
    Error: 'StartsExhaustedError',
    Cause: `${maxStartsPerTicket} executions that the dispatcher started ended before they took the transfer`,
  });
  const ended = await writeEnd(ports, row, 'failed', { status: 'failed', ...failure });
  if (!ended) return;
  meter.add('TransfersFailed', 1);
  meter.add('FailuresByError', 1, failure.error);
  log.error('queued transfer failed', { ...subjectOf(row), error: failure.error });
  await releaseSlot(ports, row);
  await announce(ports, ended);
}
