import { leaseSeconds } from '#src/core/limits/limits.ts';
import type { MetricName } from '#src/core/shared-with-infra/metrics.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { transferRecord } from '../aws/dynamodb/table-fixture.ts';
import type { ReconcilerHarness } from './reconciler-harness.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

/** Returns the transfer ids of the published outcomes, in order. */
export const publishedIds = ({ harness }: ReconcilerHarness) =>
  harness.doubles.events.outcomes.map(({ detail }) => detail.transferId);

/** Returns the values of a metric, in order. */
export const measured = ({ harness }: ReconcilerHarness, metric: MetricName) =>
  harness.doubles.meter.taken.filter((one) => one.metric === metric).map(({ value }) => value);

/** Returns the fields of the log lines that have a field. */
export const lines = ({ harness }: ReconcilerHarness, field: string) =>
  harness.doubles.logged.map(({ fields }) => fields).filter((fields) => field in fields);

/** Writes a transfer's row with the times of some minutes ago. */
export async function putRow(
  reconciler: ReconcilerHarness,
  minutesAgo: number,
  changes: Partial<TransferRecord>,
) {
  const at = reconciler.harness.doubles.clock.now() - minutesAgo * minuteMs;
  const record = transferRecord({
    leaseUntil: at + leaseSeconds * 1000,
    createdAt: at,
    changedAt: at,
    owner: `execution-of-${changes.transferId}`,
    ...changes,
  });
  await reconciler.harness.doubles.store.takeTransfer(record, undefined);
  return record;
}

/** Writes the row of a failed transfer whose outcome is not published. */
export function putOver(
  reconciler: ReconcilerHarness,
  transferId: string,
  more: Partial<TransferRecord> = {},
) {
  const outcome = { transferId, status: 'failed', error: 'UploadFailedError' };
  return putRow(reconciler, 10, {
    transferId,
    state: 'failed',
    outcome,
    outcomePublished: false,
    ...more,
  });
}

export async function rowOf({ harness }: ReconcilerHarness, transferId: string) {
  return harness.row({ transferId });
}
