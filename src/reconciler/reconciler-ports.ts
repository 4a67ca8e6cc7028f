import { asTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { transferLogFields } from '#src/transfer/outcome.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

/** How an execution ended of which it is known that it did. */
export type FinishedExecution = ExecutionEnd & { readonly status: Exclude<ExecutionEnd['status'], 'running'> };

/** The end of an execution, undefined while it has none. */
export function finishedExecution(end: ExecutionEnd): FinishedExecution | undefined {
  const { status } = end;
  return status === 'running' ? undefined : { ...end, status };
}

/** What settling from outside needs. */
export type ReconcilerPorts = Needs<'store' | 'queue' | 'events' | 'destination'> & {
  readonly executions: Pick<ExecutionDirectory, 'endOf'>;
};

/** One call of the reconciler: it belongs to no execution. */
export type ServiceCall = Pick<Invocation, 'invocationId' | 'deadline' | 'lengthMs' | 'signal'>;

/** How often something was done or found, by name. */
export type SweepCounts = Readonly<Record<string, number>>;

/**
 * Works through things one by one until the call's time is up; what is left is the next run's. One
 * that fails does not keep the others from their turn.
 * @returns how many of them `work` said true to
 * @throws the first error, once all were tried
 */
export async function workThrough<T>(
  { clock, log }: Pick<ReconcilerPorts, 'clock' | 'log'>,
  { deadline }: Pick<ServiceCall, 'deadline'>,
  things: Iterable<T> | AsyncIterable<T>,
  work: (thing: T) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  const failures: TransferError[] = [];
  for await (const thing of things) {
    if (clock.now() >= deadline) {
      log.info('time is up, the next run goes on');
      break;
    }
    try {
      if (await work(thing)) done++;
    } catch (error) {
      const failure = asTransferError(error);
      const { name, message } = failure;
      log.warn('not reconciled', { ...namesOf(thing), error: name, reason: message });
      failures.push(failure);
    }
  }
  throwFirst(failures, 'failed');
  return done;
}

/** What a thing is about, as far as it says: a transfer's row, a slot, a ticket or a session. */
function namesOf(thing: unknown): LogFields {
  if (typeof thing !== 'object' || thing === null || !('transferId' in thing)) return {};
  if ('source' in thing) return transferLogFields(thing as TransferRecord);
  return { transferId: String(thing.transferId) };
}

/**
 * @param what - what became of them, for the message of several
 * @throws the first of the errors, saying how many there are; nothing where there is none
 */
export function throwFirst(failures: readonly TransferError[], what: string): void {
  const [first] = failures;
  if (!first) return;
  if (failures.length === 1) throw first;
  const message = `${failures.length} ${what}, the first with: ${first.message}`;
  throw new TransferError(first.name, message, { cause: first });
}
