import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import {
  chunkProof,
  sessionRecord,
  startTable,
  type TableFixture,
  testNow,
  transferRecord,
  uploadSession,
} from '../../aws/dynamodb/table-fixture.ts';
import { createMemoryTransferStore } from './transfer-store.ts';

type Call = (store: TransferStore, transferId: string) => Promise<unknown>;

const small = fc.integer({ min: 1, max: 3 });
const time = fc.integer({ min: 0, max: 3 }).map((minutes) => testNow + minutes * 60_000);
const sender = fc.constantFrom('a', 'b');
const failure = fc.option(
  fc.constant({
    name: 'NetworkError' as const,
    disposition: 'retry' as const,
    message: 'reset',
    executionId: 'execution-a',
    round: 1,
  }),
  { nil: undefined },
);

const maybeOne = fc.option(fc.constant(1), { nil: undefined });
const state = fc.constantFrom('queued', 'active', 'failed', 'cancelled');

/** Returns a random call of the port, on few rows and with few values, so calls collide. */
const call: fc.Arbitrary<Call> = fc.oneof(
  small.map(
    (to): Call =>
      (store, id) =>
        store.raiseIngestNumber(id, to + 1),
  ),
  fc.tuple(small, fc.option(small, { nil: undefined }), maybeOne, maybeOne, state).map(
    ([fence, seen, ticketNumber, slot, seenState]): Call =>
      (store, transferId) =>
        store.takeTransfer(
          transferRecord({ transferId, fence, state: 'active' as const, ticketNumber: slot }),
          seen === undefined
            ? undefined
            : { state: seenState, fence: seen, sessionNumber: 0, ticketNumber, slot },
        ),
  ),
  fc.tuple(small, time, state, fc.option(fc.constant('asset-1'), { nil: undefined })).map(
    ([fence, now, state, assetId]): Call =>
      (store, id) =>
        store.patchTransfer(id, fence, { state, assetId } as object, now),
  ),
  fc.tuple(small, time, state, fc.option(state, { nil: undefined }), maybeOne).map(
    ([fence, now, became, seen, slot]): Call =>
      (store, id) =>
        store.patchTransfer(
          id,
          fence,
          { state: became, slot, ticketNumber: slot },
          now,
          seen && { state: seen },
        ),
  ),
  small.map(
    (count): Call =>
      (store, id) =>
        store.incrementRetries(id, { NetworkError: count, [`Cause${count}`]: 1 }),
  ),
  small.map(
    (number): Call =>
      (store, id) =>
        store.addSession(id, sessionRecord({ number })),
  ),
  fc.tuple(small, small).map(
    ([number, n]): Call =>
      (store, id) =>
        store.setSession(id, number, { ...uploadSession, uploadId: `upload-${n}` }, n),
  ),
  small.map(
    (number): Call =>
      (store, id) =>
        store.updateSession(id, number, uploadSession),
  ),
  fc.tuple(small, fc.constantFrom('lost', 'rejected', 'replaced')).map(
    ([number, state]): Call =>
      (store, id) =>
        store.markSession(id, number, state as 'lost'),
  ),
  fc.tuple(small, fc.constantFrom('md5', 'opaque')).map(
    ([number, mode]): Call =>
      (store, id) =>
        store.setEtagMode(id, number, mode as 'md5'),
  ),
  fc.tuple(small, small).map(
    ([number, index]): Call =>
      (store, id) =>
        store.recordMismatch(id, number, index),
  ),
  fc.tuple(small, fc.constantFrom('e1', 'e2'), fc.option(small, { nil: undefined })).map(
    ([index, proof, generation]): Call =>
      (store, id) =>
        store.storeProof(id, 1, chunkProof(index, { proof }), generation),
  ),
  fc.tuple(small, small).map(
    ([index, generation]): Call =>
      (store, id) =>
        store.retireProof(id, 1, index, generation, 'stuck'),
  ),
  small.map(
    (index): Call =>
      (store, id) =>
        store.incrementReports(id, 1, index),
  ),
  fc.tuple(small, sender, time, time).map(
    ([n, from, now, until]): Call =>
      (store, transferId) =>
        store.claimRange({ transferId, sessionNumber: 1, n }, from, now, until),
  ),
  fc.tuple(small, sender, failure, small).map(
    ([n, from, error, count]): Call =>
      (store, transferId) =>
        store.releaseRange({ transferId, sessionNumber: 1, n }, from, error, { SenderDied: count }),
  ),
  fc.tuple(small, failure).map(
    ([n, error]): Call =>
      async (store, transferId) =>
        error && store.recordRangeFailure({ transferId, sessionNumber: 1, n }, error),
  ),
);

/** Returns a call's result, or the name of its error. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: TransferError) => error.name);
}

/** Returns all readable data of a transfer. */
async function everything(store: TransferStore, id: string): Promise<unknown> {
  return {
    ingestNumber: await store.latestIngestNumber(id),
    transfer: await store.transfer(id),
    sessions: await store.sessions(id),
    chunks: [...(await store.chunks(id, 1))],
    some: [...(await store.chunks(id, 1, 2, 3))],
    ranges: await store.ranges(id, 1),
  };
}

/** Describes random sequences of calls: the store in memory answers each as the table's store does. */
export function describeCallSequences(numRuns: number): void {
  describe('the store in memory', () => {
    let table: TableFixture;
    beforeAll(async () => {
      table = await startTable();
    });
    afterAll(() => table.close());

    it('has the same effects and results as the table’s store', async () => {
      let runs = 0;
      const memory = createMemoryTransferStore();
      await fc.assert(
        fc.asyncProperty(fc.array(call, { minLength: 5, maxLength: 25 }), async (calls) => {
          const id = `run-${++runs}`;
          for (const run of calls) {
            expect(await outcome(run(memory, id))).toEqual(await outcome(run(table.store, id)));
          }
          expect(await everything(memory, id)).toEqual(await everything(table.store, id));
        }),
        { numRuns },
      );
    });
  });
}
