import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer/transfer-row.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { Tables } from '../invariants/checked-store.ts';
import type { Faults } from './fault-classes.ts';

/** The maximum lag of an index behind its table, in ms. */
const indexLagMs = 3_000;

/** The text of every dead-socket error. An error that contains it comes from a transient fault. */
export const transientTableText = 'a kept socket was dead';

/** Sockets of one sandbox to the table: the maximum of consecutive calls that meet a dead socket. */
const keptSockets = 6;

/** Remaining dead sockets of each resumed sandbox. */
const deadSockets = new WeakMap<Sandbox, number>();

const reconciler: FunctionName = 'Reconcile';

/** Whether a method writes: the SDK may repeat a write after a lost reply. */
const isWrite = (method: string) =>
  /^(raise|take|patch|put|count|note|add|set|update|mark|keep|retire|claim|release|next|record|remove|renew|free|share)/.test(
    method,
  );

/** Returns the table's methods for one sandbox, with faults of requests and of indexes. */
export function faultyStore(
  store: TransferStore,
  tables: Tables,
  faults: Faults,
  sandbox: Sandbox,
): TransferStore {
  const { listTransfers, listUnpublished, sweepPosition, setSweepPosition, ...others } = store;
  const withLag = (rows: TransferRecord[], fits: (row: TransferRecord) => boolean) =>
    faults.strikes('stale read') ? staleRows(tables, rows, fits) : rows;
  return {
    ...(faultyMethods('store', others, faults, sandbox) as typeof others),
    // A sweep that cannot read or write its position is made again. Draws for it would change every seed.
    ...{ sweepPosition, setSweepPosition },
    async *listTransfers(state: TransferState, day: string, until?: number) {
      // The search for lost tickets, which the next hour repeats. Draws for it would change every seed.
      if (state === 'queued') return yield* listTransfers(state, day, until);
      const read = async () => Array.fromAsync(listTransfers(state, day, until));
      const rows = await sandbox.call('store.listTransfers', () =>
        faulty('listTransfers', read, faults, sandbox),
      );
      yield* withLag(rows, (row) => row.state === state);
    },
    async *listUnpublished() {
      const read = async () => Array.fromAsync(listUnpublished());
      const rows = await sandbox.call('store.listUnpublished', () =>
        faulty('listUnpublished', read, faults, sandbox),
      );
      yield* withLag(
        rows,
        ({ outcome, outcomePublished }) => outcome !== undefined && !outcomePublished,
      );
    },
  };
}

/** Returns the queue's methods for one sandbox, with faults of requests. */
export function faultyQueue(queue: QueueStore, faults: Faults, sandbox: Sandbox): QueueStore {
  const faulty = faultyMethods('queue', queue, faults, sandbox);
  // The reconciler reads tickets for the same search only.
  const isReconciler = sandbox.functionName === reconciler;
  return isReconciler ? { ...faulty, firstTickets: queue.firstTickets } : faulty;
}

function faultyMethods<T extends object>(part: string, of: T, faults: Faults, sandbox: Sandbox): T {
  const methods = Object.entries(of).filter(([, member]) => typeof member === 'function');
  const entries = methods.map(([name, method]) => {
    const call = (...args: unknown[]) =>
      sandbox.call(`${part}.${name}`, () => faulty(name, () => method(...args), faults, sandbox));
    return [name, call];
  });
  return Object.fromEntries(entries) as T;
}

async function faulty<T>(
  method: string,
  work: () => Promise<T>,
  faults: Faults,
  sandbox: Sandbox,
): Promise<T> {
  if (meetsDeadSocket(faults, sandbox)) throw unavailable(method, transientTableText);
  if (faults.strikes('table throttled')) throw unavailable(method);
  if (isWrite(method) && faults.strikes('table write repeated')) await work();
  const result = await work();
  if (faults.strikes('table reply lost')) throw unavailable(method);
  return result;
}

/** Whether the call uses a socket that died while the sandbox was frozen. */
function meetsDeadSocket(faults: Faults, sandbox: Sandbox): boolean {
  const left = deadSockets.get(sandbox) ?? 0;
  if (left > 0) deadSockets.set(sandbox, left - 1);
  else if (faults.strikes('dead table sockets')) deadSockets.set(sandbox, keptSockets - 1);
  else return false;
  return !faults.isDisabled;
}

function unavailable(method: string, why = 'the table did not answer'): TransferError {
  return new TransferError('TableUnavailableError', `${method}: ${why}`);
}

/** Returns rows as an index without the last changes shows them. */
function staleRows(
  { before }: Tables,
  rows: readonly TransferRecord[],
  fits: (row: TransferRecord) => boolean,
): TransferRecord[] {
  const recent = before.filter(({ at }) => at > Date.now() - indexLagMs);
  const old = new Map(recent.toReversed().map(({ row }) => [row.transferId, row]));
  return [...rows.filter(({ transferId }) => !old.has(transferId)), ...old.values()].filter(fits);
}
