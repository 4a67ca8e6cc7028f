import { describe, expect, it } from 'vitest';
import { collected, testNow, transferRecord } from '../../aws/dynamodb/table-fixture.ts';
import { describeCallSequences } from './describe-call-sequences.ts';
import { createMemoryTransferStore } from './transfer-store.ts';

// The deeper tests run 40 sequences.
describeCallSequences(10);

describe('the store in memory', () => {
  it('lists the transfers of a state and day, latest first', async () => {
    const store = createMemoryTransferStore();
    for (const [i, state] of (['failed', 'failed', 'active'] as const).entries()) {
      const changes = { transferId: `t${i}`, state, changedAt: testNow + i };
      await store.takeTransfer(transferRecord(changes), undefined);
    }
    const listed = await collected(store.listTransfers('failed', '2026-11-21'));
    expect(listed.map(({ transferId }) => transferId)).toEqual(['t1', 't0']);
    const rest = await collected(store.listTransfers('failed', '2026-11-21', testNow));
    expect(rest.map(({ transferId }) => transferId)).toEqual(['t0']);
  });
});
