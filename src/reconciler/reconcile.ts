import * as z from 'zod/mini';
import { type ServiceCall, throwFirst } from '#src/background-work/work-through.ts';
import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import {
  type EndedExecution,
  type EndedExecutionResult,
  reconcileEndedExecution,
} from './ended-executions.ts';
import { countExpiringSessions } from './expiring-sessions.ts';
import { recordLateDuplicates } from './late-duplicates.ts';
import { restoreLostTickets } from './lost-tickets.ts';
import { countOrphanSessions } from './orphan-sessions.ts';
import type { FinishedExecution, ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';
import { releaseStaleSlots } from './stale-slots.ts';
import { closeStaleTransfers, listActiveTransfers } from './stale-transfers.ts';
import { publishLateEvents } from './unpublished-events.ts';

/** The result of one run: of one ended execution, or the counts of a sweep. */
export type ReconcileResult =
  | { readonly execution: string; readonly result: EndedExecutionResult }
  | SweepCounts;

/**
 * Reconciles transfers and executions. A status change event of Step Functions reconciles its execution.
 * A schedule's event or `{}` starts a sweep over everything.
 * @throws InvalidInputError - the event is neither
 * @throws the first error of the failed parts, after all parts have run
 */
export async function reconcile(
  ports: ReconcilerPorts,
  event: unknown,
  call: ServiceCall,
): Promise<ReconcileResult> {
  if (isSchedule(event)) return sweep(ports, call);
  const { executionId: execution, end } = readStatusChange(event);
  const result = end
    ? await reconcileEndedExecution(ports, { executionId: execution, end }, call)
    : 'unchanged';
  ports.log.info('execution reconciled', { execution, result });
  return { execution, result };
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

/** The statuses to reconcile. A succeeded execution has recorded its outcome. */
const statuses: Readonly<Record<string, FinishedExecution['status']>> = {
  ABORTED: 'aborted',
  TIMED_OUT: 'timed-out',
  FAILED: 'failed',
};

function readStatusChange(event: unknown): Partial<EndedExecution> & { executionId: string } {
  const parsed = statusChangeSchema.safeParse(event);
  if (!parsed.success) throw unsupportedEventError(event);
  const { executionArn, status, startDate, input, error, cause } = parsed.data.detail;
  const finished = Object.hasOwn(statuses, status) ? statuses[status] : undefined;
  const end = finished && {
    status: finished,
    startedAt: startDate ?? undefined,
    input: input ?? undefined,
    error: error ?? undefined,
    cause: cause ?? undefined,
  };
  return { executionId: executionArn, ...(end && { end }) };
}

function unsupportedEventError(event: unknown): TransferError {
  const { source, 'detail-type': type } = Object(event) as Record<string, unknown>;
  const name = JSON.stringify(`${source}/${type}`).slice(0, 200);
  const message = `Unsupported event ${name}: expected an execution status change from aws.states, a schedule, or {}.`;
  return new TransferError('InvalidInputError', message);
}

type Part = (ports: ReconcilerPorts, call: ServiceCall) => Promise<SweepCounts>;

function partsOf(
  actives: () => Promise<readonly TransferRecord[]>,
): Readonly<Record<string, Part>> {
  return {
    'stale transfers': async (ports, call) => closeStaleTransfers(ports, call, await actives()),
    'unpublished events': publishLateEvents,
    'stale slots': releaseStaleSlots,
    'expiring sessions': async (ports, call) => countExpiringSessions(ports, call, await actives()),
    'orphan sessions': countOrphanSessions,
    'late duplicates': recordLateDuplicates,
    'lost tickets': restoreLostTickets,
  };
}

/** Runs the parts in order, each with a share of the remaining time. A failed part stops no other. */
async function sweep(ports: ReconcilerPorts, call: ServiceCall): Promise<SweepCounts> {
  let listing: Promise<readonly TransferRecord[]> | undefined;
  const parts = Object.entries(partsOf(() => (listing ??= listActiveTransfers(ports, call))));
  const counts: Record<string, number> = {};
  const failures: TransferError[] = [];
  for (const [i, [part, run]] of parts.entries()) {
    const now = ports.clock.now();
    const deadline = now + Math.max(0, call.deadline - now) / (parts.length - i);
    try {
      Object.assign(counts, await run(ports, { ...call, deadline }));
    } catch (error) {
      failures.push(partError(ports, part, error));
    }
  }
  ports.log.info('sweep done', counts);
  throwFirst(failures, 'parts of the sweep failed');
  return counts;
}

function partError({ log }: ReconcilerPorts, part: string, error: unknown): TransferError {
  const { name, message } = asTransferError(error);
  log.error('part of the sweep failed', { part, error: name, reason: message });
  return new TransferError(name, `${part}: ${message}`, { cause: error });
}
