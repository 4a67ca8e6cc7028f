import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { isErrorName, isTransferError, TransferError } from '#src/core/errors/errors.ts';
import { isProven, type RangeFailure } from '#src/core/transfer/transfer.ts';
import { readCauseMessage } from '#src/transfer/failure.ts';
import { readUsableSession } from '#src/transfer/ownership.ts';
import { rangeFailureOf } from '#src/transfer/range-failure.ts';
import { type ReportContext, reportInBatches } from '#src/transfer/report-in-batches.ts';
import { countRetry, retryCauseOf } from '#src/transfer/retry-counts.ts';
import { type RangeState, rangeStateSchema, readState } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

type ReportPorts = Needs<'store' | 'destination'>;

/**
 * Reports the proofs of one range, and records the error that stopped its sender, if any. A failed
 * report is not an error of this step: ConfirmUpload finds the pending chunks and reports them again.
 */
export async function reportProofs(
  ports: ReportPorts,
  state: unknown,
  invocation: Invocation,
): Promise<void> {
  const item = readState(rangeStateSchema, state);
  const { transferId, sessionNumber, range } = item;
  if (item.error) await recordSenderFailure(ports, item, item.error, invocation);
  const record = await readUsableSession(ports, transferId, sessionNumber);
  const rows = await ports.store.chunks(transferId, sessionNumber, range.first, range.last);
  const context = { ports, invocation, retries: {} };
  const proofs = [...rows.values()].filter(isProven);
  await reportInBatches(context, transferId, record, proofs).catch((error) =>
    recordReportFailure(context, item, error),
  );
  if (Object.keys(context.retries).length > 0)
    await ports.store.incrementRetries(transferId, context.retries);
}

/**
 * Records why a report failed.
 * @throws an error that is not a `TransferError`
 */
async function recordReportFailure(
  context: ReportContext,
  item: RangeState,
  error: unknown,
): Promise<void> {
  if (!isTransferError(error)) throw error;
  const { log, store } = context.ports;
  const { transferId, range } = item;
  log.warn('report given up', { transferId, range: range.n, error: error.name });
  if (errorMeans(error, 'throttled')) countRetry(context, retryCauseOf(error));
  await store.recordRangeFailure(keyOf(item), reportFailureOf(context, item, error));
}

/** One bad proof can cause a rejected report. ConfirmUpload finds that proof, so the error is not final. */
function reportFailureOf(
  { ports, invocation }: ReportContext,
  item: RangeState,
  error: TransferError,
): RangeFailure {
  const failure = rangeFailureOf(error, item, invocation, ports.clock.now());
  const isRejected = errorMeans(error, 'requestRejected');
  return { ...failure, disposition: isRejected ? 'retry' : failure.disposition };
}

/** Records the error of a sender that ended without writing one: only Lambda reported it. */
async function recordSenderFailure(
  { store, clock }: ReportPorts,
  item: RangeState,
  { Error: name, Cause }: { readonly Error: string; readonly Cause: string },
  invocation: Invocation,
): Promise<void> {
  const errorName = isErrorName(name) ? name : 'ServiceUnavailableError';
  const error = new TransferError(errorName, `${name}: ${readCauseMessage(Cause)}`);
  await store.recordRangeFailure(keyOf(item), rangeFailureOf(error, item, invocation, clock.now()));
}

function keyOf({ transferId, sessionNumber, range }: RangeState) {
  return { transferId, sessionNumber, n: range.n };
}
