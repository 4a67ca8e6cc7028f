import { maxStartsPerTicket } from '#src/core/limits/limits.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { writeEnd } from '#src/outcome/ended-outside.ts';
import { readFailure } from '#src/outcome/failure.ts';
import { countFailure } from '#src/outcome/outcome.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import type { Needs } from '#src/step-support/step.ts';
import { releaseSlotOrTicket } from './slots.ts';

/** Fails a queued transfer after too many failed starts. */
export async function failQueued(
  ports: Needs<'store' | 'queue' | 'events'>,
  row: TransferRecord,
): Promise<void> {
  const { log } = ports;
  const failure = readFailure({
    Error: 'StartsExhaustedError',
    Cause: `${maxStartsPerTicket} executions of the dispatcher ended before they took the transfer`,
  });
  const ended = await writeEnd(ports, row, 'failed', { status: 'failed', ...failure });
  if (!ended) return;
  countFailure(ports, failure.error);
  log.error('queued transfer failed', { ...transferLogFields(row), error: failure.error });
  await releaseSlotOrTicket(ports, row);
  await publishOutcome(ports, ended);
}
