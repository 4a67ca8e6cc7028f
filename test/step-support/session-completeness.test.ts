import { describe, expect, it } from 'vitest';
import { readUsableSession } from '#src/step-support/ownership.ts';
import { reportInBatches } from '#src/step-support/report-in-batches.ts';
import { isCompleteByReceipts } from '#src/step-support/session-completeness.ts';
import { sessionRecord } from '../aws/dynamodb/table-fixture.ts';
import { invocationOf } from '../harness/invocation.ts';
import { itemOf, StepHarness } from '../harness/step-harness.ts';

describe('receipts', () => {
  const session = { uploadId: 'upload-1', chunkSizeBytes: 1024, totalChunks: 3, details: {} };
  const whole = sessionRecord({ session, acceptedIndexes: [1, 2, 3] });

  it('that cover every chunk make a session complete', () => {
    expect(isCompleteByReceipts(whole)).toBe(true);
    expect(isCompleteByReceipts(whole, { completed: 0, pending: 0, failed: 0 })).toBe(true);
    expect(isCompleteByReceipts({ ...whole, acceptedIndexes: [1, 3] })).toBe(false);
  });

  it.each(['pending', 'failed'])('prove nothing if the service counts a %s chunk', (kind) => {
    const counts = { completed: 2, pending: 0, failed: 0, [kind]: 1 };
    expect(isCompleteByReceipts({ ...whole, reportedComplete: true }, counts)).toBe(false);
  });

  it('of an expired session that lost a chunk lead to a new session', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    const counts = { completed: 2, pending: 0, failed: 1 };
    harness.override({
      sessionStatus: async () => ({ phase: 'expired', counts }),
      assetStatus: async () => ({ phase: 'missing' }),
    });
    const confirmed = await harness.confirm(opened);
    expect(confirmed).toMatchObject({ next: 'expired' });
    expect(await harness.open(confirmed)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });

  it('count a chunk once, however often its report is repeated', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(4);
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    const { ports } = harness;
    const session = await readUsableSession(ports, opened.transferId, 1);
    const proofs = [...(await harness.doubles.store.chunks(opened.transferId, 1)).values()];
    const context = { ports, invocation: invocationOf(harness.doubles), retries: {} };
    for (const _ of [1, 2]) await reportInBatches(context, opened.transferId, session, proofs);
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(record?.acceptedIndexes).toEqual([1, 2]);
  });

  it('of a chunk that is sent again are withdrawn', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    harness.override({
      sessionStatus: async () => ({
        phase: 'active',
        counts: { completed: 2, pending: 0, failed: 1 },
      }),
      chunkStates: async () => ({
        states: new Map([
          [1, 'completed'],
          [2, 'failed'],
          [3, 'completed'],
        ]),
        nextPage: undefined,
      }),
    });
    await harness.confirm(opened);
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(isCompleteByReceipts(record as never)).toBe(false);
  });
});

describe('a reply to a report that calls the upload complete too early', () => {
  /** Returns a lost session of which one chunk was sent, and which a reply reported as complete. */
  async function reportedComplete() {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 1 }] }));
    const receipt = { accepted: [1], complete: true };
    await harness.doubles.store.recordReceipt(opened.transferId, 1, receipt);
    harness.override({
      sessionStatus: async () => ({ phase: 'expired' }),
      assetStatus: async () => ({ phase: 'missing' }),
    });
    return { harness, opened };
  }

  it('is not accepted if chunks were never sent: a new session receives them', async () => {
    const { harness, opened } = await reportedComplete();
    const confirmed = await harness.confirm(opened);
    expect(confirmed).toMatchObject({ next: 'expired' });
    expect(await harness.open(confirmed)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });
});
