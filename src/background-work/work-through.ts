import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import { transferLogFields } from '#src/core/transfer/log-fields.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { CommonPorts, Invocation } from '#src/step-support/step.ts';

/** One call of the reconciler or the dispatcher, which belongs to no execution. */
export type ServiceCall = Pick<Invocation, 'invocationId' | 'deadline' | 'lengthMs' | 'signal'>;

/**
 * Processes items one by one until the call's deadline. The next run continues. A failed item does not
 * stop the others.
 * @returns the number of items for which `work` returned true
 * @throws the first error, after all items were tried
 */
export async function workThrough<T>(
  { clock, log }: Pick<CommonPorts, 'clock' | 'log'>,
  { deadline }: Pick<ServiceCall, 'deadline'>,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<boolean>,
): Promise<number> {
  let done = 0;
  const failures: TransferError[] = [];
  for await (const item of items) {
    if (clock.now() >= deadline) {
      log.info('time is up, the next run continues');
      break;
    }
    try {
      if (await work(item)) done++;
    } catch (error) {
      const failure = asTransferError(error);
      const { name, message } = failure;
      log.warn('item failed', { ...subjectOfItem(item), error: name, reason: message });
      failures.push(failure);
    }
  }
  throwFirst(failures, 'items failed');
  return done;
}

/** Returns the log fields of an item: a transfer's row, a slot or a ticket. */
function subjectOfItem(item: unknown): LogFields {
  if (typeof item !== 'object' || item === null || !('transferId' in item)) return {};
  if ('source' in item) return transferLogFields(item as TransferRecord);
  return { transferId: String(item.transferId) };
}

/**
 * Throws the first of several errors, with their number. Does nothing without errors.
 * @param what - what failed, as the plural in the message
 */
export function throwFirst(failures: readonly TransferError[], what: string): void {
  const [first] = failures;
  if (!first) return;
  if (failures.length === 1) throw first;
  const message = `${failures.length} ${what}. The first error: ${first.message}`;
  throw new TransferError(first.name, message, { cause: first });
}
