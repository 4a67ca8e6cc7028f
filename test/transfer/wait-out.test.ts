import { describe, expect, it } from 'vitest';
import { type ErrorName, TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { isCompleteByReceipts } from '#src/transfer/session-receipts.ts';
import { waitOut } from '#src/transfer/wait-out.ts';
import { sessionRecord } from '../aws/dynamodb/table-fixture.ts';
import { film } from '../harness/port-harness.ts';
import { itemOf, type Planned, StepHarness } from '../harness/step-harness.ts';

const hour = 3600 * 1000;
const subject = { step: 'SendChunks' };

/** Waits out several errors in a row. */
function waitOutAll(
  harness: StepHarness,
  errors: readonly [name: ErrorName, retryAfterSeconds?: number][],
) {
  let state: { outage?: ReturnType<typeof waitOut>['outage'] } = {};
  for (const [name, retryAfterSeconds] of errors) {
    const error = new TransferError(name, `a ${name}`, { retryAfterSeconds });
    const waiting = waitOut(harness.ports, state, error, subject);
    harness.doubles.clock.advance(
      Math.max(0, (waiting.outage.until ?? 0) - harness.doubles.clock.now()),
    );
    state = waiting;
  }
  return state;
}

describe('patience', () => {
  it('counts the part of a wait that the service did not request', async () => {
    const harness = await StepHarness.set();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 1 });
    let state: Parameters<typeof waitOut>[1] = {};
    const begin = harness.doubles.clock.now();
    expect(() => {
      for (;;) {
        const waiting = waitOut(harness.ports, state, error, subject);
        harness.doubles.clock.advance(waiting.waitSeconds * 1000);
        state = waiting;
      }
    }).toThrow(/429/);
    expect(harness.doubles.clock.now() - begin).toBeLessThan(7 * hour);
  });

  it('does not count the hours that the service requested', async () => {
    const harness = await StepHarness.set();
    const named: [ErrorName, number] = ['ThrottledError', 8 * 3600];
    const after = waitOutAll(harness, [named, ['ThrottledError'], ['ServiceUnavailableError']]);
    expect(after.outage).toMatchObject({ waits: 3, namedMs: 8 * hour });
  });

  it('ends after two days of requested waits', async () => {
    const harness = await StepHarness.set();
    const named: [ErrorName, number] = ['ThrottledError', 24 * 3600];
    expect(() => waitOutAll(harness, [named, named, named])).toThrow(/for 2880 minutes/);
  });

  it('allows a rejected chunk its fresh URLs also after another kind of outage', async () => {
    const harness = await StepHarness.set();
    const outage = Array.from({ length: 6 }, (): [ErrorName] => ['ServiceUnavailableError']);
    const state = waitOutAll(harness, outage);
    harness.doubles.clock.advance(hour);
    const refusal = new TransferError('PresignedUrlRejectedError', 'chunk 3: 403');
    expect(waitOut(harness.ports, state, refusal, subject).outage).toMatchObject({ sameWaits: 1 });
  });

  it('starts again once chunks were stored', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    const since = harness.doubles.clock.now();
    const outage = { error: 'NetworkError', reason: 'reset', since, waits: 9 };
    harness.doubles.clock.advance(boundOf('patience') * 1000 + hour);
    await harness.send(itemOf(opened));
    harness.override({
      sessionStatus: async () => {
        throw new TransferError('ServiceUnavailableError', '502');
      },
    });
    const state = { ...opened, outage };
    const first = await harness.confirm(state);
    expect(first).toMatchObject({ next: 'wait', outage: { waits: 1 } });
    expect(await harness.confirm(harness.pause(first))).toMatchObject({ outage: { waits: 2 } });
  });

  it('adds the waited time without a second full stop', async () => {
    const harness = await StepHarness.set();
    const error = new TransferError('NetworkError', 'no route. Set HTTPS_PROXY.');
    const state = waitOut(harness.ports, {}, error, subject);
    harness.doubles.clock.advance(boundOf('patience') * 1000);
    expect(() => waitOut(harness.ports, state, error, subject)).toThrow(
      'no route. Set HTTPS_PROXY (for 360 minutes)',
    );
  });
});

describe('receipts', () => {
  const session = { uploadId: 'upload-1', chunkSizeBytes: 1024, totalChunks: 3, details: {} };
  const whole = sessionRecord({ session, acceptedIndexes: [1, 2, 3] });

  it('that cover every chunk make a session complete', () => {
    expect(isCompleteByReceipts(whole)).toBe(true);
    expect(isCompleteByReceipts(whole, { completed: 0, pending: 0, failed: 0 })).toBe(true);
    expect(isCompleteByReceipts({ ...whole, acceptedIndexes: [1, 3] })).toBe(false);
  });

  it.each(['pending', 'failed'])(
    'prove nothing if the service counts a %s chunk',
    (kind) => {
      const counts = { completed: 2, pending: 0, failed: 0, [kind]: 1 };
      expect(isCompleteByReceipts({ ...whole, reportedComplete: true }, counts)).toBe(false);
    },
  );

  it('of an expired session that lost a chunk lead to a new session', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
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
    const harness = await StepHarness.set();
    const opened = await harness.opened(4);
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    for (const _ of [1, 2, 3]) await harness.report(itemOf(opened));
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(record?.acceptedIndexes).toEqual([1, 2]);
  });

  it('of a chunk that is sent again are withdrawn', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
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
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
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

it.each([
  ['starts another ingest after a contradiction of the service', 'ProtocolViolationError', 2],
  ['continues an ingest after a contradiction of the source', 'SourceProtocolError', 1],
] as const)('a forced start %s', async (_, error, ingest) => {
  const harness = await StepHarness.set();
  const opened = await harness.opened(3);
  const outcome = { status: 'failed', error };
  const patch = { state: 'failed', outcome } as const;
  await harness.doubles.store.patchTransfer(opened.transferId, opened.fence, patch, 0);
  const inspected = await harness.inspect({ ...film, force: true });
  const again = await harness.open(inspected, { executionId: 'execution-b' });
  expect((await harness.row(again)).ingestNumber).toBe(ingest);
});

describe('a chunk that the service always reports as failed', () => {
  it('fails the execution by name after the maximum of sends', async () => {
    const harness = await StepHarness.set();
    let state: Planned = await harness.opened(3);
    const counts = { completed: 2, pending: 0, failed: 1 };
    const states = new Map([[2, 'failed' as const]]);
    harness.override({
      sessionStatus: async () => ({ phase: 'active', counts }),
      chunkStates: async () => ({ states, nextPage: undefined }),
    });
    const sends = async () => {
      for (let sent = 1; ; sent++) {
        await harness.sendAll(state);
        const confirmed = await harness.confirm(state).catch((error) => ({ error, sent }));
        if ('error' in confirmed) return confirmed;
        state = (await harness.open(harness.pause(confirmed))) as Planned;
      }
    };
    expect(await sends()).toMatchObject({
      sent: boundOf('failedSends'),
      error: { name: 'UploadFailedError', message: expect.stringContaining('chunk 2') },
    });
  });
});

it('an unknown status without counts does not prevent the send of missing chunks', async () => {
  const harness = await StepHarness.set();
  const opened = await harness.opened(3);
  harness.override({ sessionStatus: async () => ({ phase: 'busy' }) });
  expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
});

it('the concurrent ranges grow again after a round without slow ranges', async () => {
  const harness = await StepHarness.set();
  const opened = await harness.opened(3);
  expect(await harness.confirm({ ...opened, senders: 2 })).toMatchObject({ senders: 4 });
});

it('the unfinished sessions are listed before another session is opened after a dead call', async () => {
  const harness = await StepHarness.set();
  const opened = await harness.opened(3);
  const { store } = harness.doubles;
  const record = sessionRecord({ number: 2, attempt: 'dead' });
  await store.addSession(opened.transferId, record);
  await store.patchTransfer(opened.transferId, opened.fence, { sessionNumber: 2 }, 0);
  let lists = 0;
  harness.override({
    listUnfinished: async () => {
      lists++;
      return { sessions: [], truncated: false };
    },
  });
  const next = await harness.open({ ...opened, sessionNumber: 2, next: 'missing' });
  expect(next).toMatchObject({ sessionNumber: 3, createsLost: 1 });
  expect(lists).toBe(1);
});

it('a service that requires order receives no later chunk before a mismatched chunk', async () => {
  const harness = await StepHarness.set();
  const { destination } = harness.ports;
  const sent: number[] = [];
  harness.override({
    traits: { ...destination.traits, order: 'ascending' },
    sendChunk: async (...args) => {
      const delivery = await destination.sendChunk(...args);
      sent.push(args[1].index);
      return sent.length <= 3 ? { ...delivery, proof: 'f'.repeat(32) } : delivery;
    },
  });
  await harness.send(itemOf(await harness.opened(3)));
  expect(sent).toEqual([1, 1, 1, 1, 2, 3]);
});
