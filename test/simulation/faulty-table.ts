import { TransferError } from '#src/core/errors/errors.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer/transfer.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { Mishaps } from './fault-classes.ts';
import type { Sandbox } from './sandbox.ts';
import type { Tables } from './watched-table.ts';

/** How far an index may be behind its table, in ms. */
const indexLagMs = 3_000;

/** What a call says that met a dead socket: an error that holds it is of a fault that passes. */
export const passingTableText = 'a kept socket was dead';

/** Sockets that a sandbox keeps to the table: more calls in a row can't meet a dead one. */
const keptSockets = 6;

/** Of each sandbox that has thawed, the dead sockets that it has not met yet. */
const deadSockets = new WeakMap<Sandbox, number>();

/** Writes that may be repeated by the SDK after a lost reply, and then see their own effect. */
const isWrite = (method: string) =>
  /^(raise|take|patch|put|count|note|add|set|update|mark|keep|retire|claim|release|next|record|remove|renew|free|share)/.test(
    method,
  );

/** The table's methods as a sandbox calls them, with what befalls requests and indexes. */
export function faultyStore(
  store: TransferStore,
  tables: Tables,
  mishaps: Mishaps,
  by: Sandbox,
): TransferStore {
  const { listTransfers, listUnpublished, ...others } = store;
  const behind = (rows: TransferRecord[], fits: (row: TransferRecord) => boolean) =>
    mishaps.strikes('stale read') ? staleRows(tables, rows, fits) : rows;
  return {
    ...(faultyMethods('store', others, mishaps, by) as typeof others),
    async *listTransfers(state: TransferState, day: string) {
      const read = async () => Array.fromAsync(listTransfers(state, day));
      const rows = await by.call('store.listTransfers', () =>
        faulty('listTransfers', read, mishaps, by),
      );
      yield* behind(rows, (row) => row.state === state);
    },
    async *listUnpublished() {
      const read = async () => Array.fromAsync(listUnpublished());
      const rows = await by.call('store.listUnpublished', () =>
        faulty('listUnpublished', read, mishaps, by),
      );
      yield* behind(
        rows,
        ({ outcome, outcomePublished }) => outcome !== undefined && !outcomePublished,
      );
    },
  };
}

export function faultyQueue(queue: QueueStore, mishaps: Mishaps, by: Sandbox): QueueStore {
  return faultyMethods('queue', queue, mishaps, by);
}

function faultyMethods<T extends object>(part: string, of: T, mishaps: Mishaps, by: Sandbox): T {
  const methods = Object.entries(of).filter(([, member]) => typeof member === 'function');
  const faultyOnes = methods.map(([name, method]) => {
    const call = (...given: unknown[]) =>
      by.call(`${part}.${name}`, () => faulty(name, () => method(...given), mishaps, by));
    return [name, call];
  });
  return Object.fromEntries(faultyOnes) as T;
}

async function faulty<T>(
  method: string,
  work: () => Promise<T>,
  mishaps: Mishaps,
  by: Sandbox,
): Promise<T> {
  if (meetsDeadSocket(mishaps, by)) throw unavailable(method, passingTableText);
  if (mishaps.strikes('table throttled')) throw unavailable(method);
  if (isWrite(method) && mishaps.strikes('table write repeated')) await work();
  const result = await work();
  if (mishaps.strikes('table reply lost')) throw unavailable(method);
  return result;
}

/** Whether the call goes out on a socket that died while the sandbox was frozen. */
function meetsDeadSocket(mishaps: Mishaps, by: Sandbox): boolean {
  const left = deadSockets.get(by) ?? 0;
  if (left > 0) deadSockets.set(by, left - 1);
  else if (mishaps.strikes('dead table sockets')) deadSockets.set(by, keptSockets - 1);
  else return false;
  return !mishaps.isCalm;
}

function unavailable(method: string, why = 'the table did not answer'): TransferError {
  return new TransferError('TableUnavailableError', `${method}: ${why}`);
}

/** Rows as an index shows them that has not heard of the last changes. */
function staleRows(
  { before }: Tables,
  rows: readonly TransferRecord[],
  fits: (row: TransferRecord) => boolean,
): TransferRecord[] {
  const recent = before.filter(({ at }) => at > Date.now() - indexLagMs);
  const old = new Map(recent.toReversed().map(({ row }) => [row.transferId, row]));
  return [...rows.filter(({ transferId }) => !old.has(transferId)), ...old.values()].filter(fits);
}
