import * as z from 'zod/mini';
import { asTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { type EndedExecution, reconcileEndedExecution, type EndedExecutionResult } from './ended-executions.ts';
import { countExpiringSessions } from './expiring-sessions.ts';
import { findLateDuplicates } from './late-duplicates.ts';
import { countOrphanSessions } from './orphan-sessions.ts';
import {
  type SweepCounts,
  type FinishedExecution,
  type ReconcilerPorts,
  type ServiceCall,
  throwFirst,
} from './reconciler-ports.ts';
import { releaseStaleSlots } from './stale-slots.ts';
import { closeStaleTransfers, listActiveTransfers } from './stale-transfers.ts';
import { publishLateEvents } from './unpublished-events.ts';

/** What one run did: of one execution that ended, or counts of everything that was looked at. */
export type Reconciled = { readonly execution: string; readonly became: EndedExecutionResult } | SweepCounts;

/**
 * Settles what no Catch sees. With Step Functions' event that an execution ended, that execution;
 * with a schedule's event or `{}`, everything that was left behind.
 * @throws InvalidInputError - it is neither
 * @throws the first error of the parts that failed, once all had their turn
 */
export async function reconcile(
  ports: ReconcilerPorts,
  event: unknown,
  call: ServiceCall,
): Promise<Reconciled> {
  if (isSchedule(event)) return sweep(ports, call);
  const { executionId: execution, end } = readStatusChange(event);
  const became = end
    ? await reconcileEndedExecution(ports, { executionId: execution, end }, call)
    : 'left';
  ports.log.info('execution reconciled', { execution, became });
  return { execution, became };
}

function isSchedule(event: unknown): boolean {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return false;
  return Object.keys(event).length === 0 || ('source' in event && event.source === 'aws.events');
}

const text = z.nullish(z.string());

const statusChangeSchema = z.object({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({
    executionArn: z.string(),
    status: z.string(),
    startDate: z.nullish(z.number()),
    input: text,
    error: text,
    cause: text,
  }),
});

/** One that succeeded has recorded its outcome, and one that runs has none. */
const statuses: Readonly<Record<string, FinishedExecution['status']>> = {
  ABORTED: 'aborted',
  TIMED_OUT: 'timed-out',
  FAILED: 'failed',
};

function readStatusChange(event: unknown): Partial<EndedExecution> & { executionId: string } {
  const read = statusChangeSchema.safeParse(event);
  if (!read.success) {
    throw new TransferError(
      'InvalidInputError',
      'the event is none that the reconciler takes: an execution status change, a schedule, or {}',
    );
  }
  const { executionArn, status, startDate, input, error, cause } = read.data.detail;
  const over = Object.hasOwn(statuses, status) ? statuses[status] : undefined;
  const end = over && {
    status: over,
    startedAt: startDate ?? undefined,
    input: input ?? undefined,
    error: error ?? undefined,
    cause: cause ?? undefined,
  };
  return { executionId: executionArn, ...(end && { end }) };
}

type Part = (ports: ReconcilerPorts, call: ServiceCall) => Promise<SweepCounts>;

function partsOf(
  actives: () => Promise<readonly TransferRecord[]>,
): Readonly<Record<string, Part>> {
  return {
    'silent transfers': async (ports, call) => closeStaleTransfers(ports, call, await actives()),
    'unconfirmed events': publishLateEvents,
    'stale slots': releaseStaleSlots,
    'open sessions': async (ports, call) => countExpiringSessions(ports, call, await actives()),
    'orphan sessions': countOrphanSessions,
    'late duplicates': findLateDuplicates,
  };
}

/** One part after the other, each with its share of the time that is left; none stops another. */
async function sweep(ports: ReconcilerPorts, call: ServiceCall): Promise<SweepCounts> {
  let listing: Promise<readonly TransferRecord[]> | undefined;
  const parts = Object.entries(partsOf(() => (listing ??= listActiveTransfers(ports, call))));
  const found: Record<string, number> = {};
  const failures: TransferError[] = [];
  for (const [i, [part, run]] of parts.entries()) {
    const now = ports.clock.now();
    const deadline = now + Math.max(0, call.deadline - now) / (parts.length - i);
    try {
      Object.assign(found, await run(ports, { ...call, deadline }));
    } catch (error) {
      failures.push(failed(ports, part, error));
    }
  }
  ports.log.info('swept', found);
  throwFirst(failures, 'parts failed');
  return found;
}

function failed({ log }: ReconcilerPorts, part: string, error: unknown): TransferError {
  const { name, message } = asTransferError(error);
  log.error('part of the sweep failed', { part, error: name, reason: message });
  return new TransferError(name, `${part}: ${message}`, { cause: error });
}
