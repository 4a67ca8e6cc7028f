import { describe, expect, it } from 'vitest';
import { type ErrorName, TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import { isCompleteByReceipts } from '#src/transfer/session-receipts.ts';
import { waitOut } from '#src/transfer/wait-out.ts';
import { sessionRecord } from '../aws/table-fixture.ts';
import { film } from '../conformance/bench.ts';
import { itemOf, type Planned, Stage } from './stage.ts';

const hour = 3600 * 1000;
const waiter = { step: 'SendChunks' };

/** Meets errors one after the other, and lets each wait pass. */
function waits(stage: Stage, errors: readonly [name: ErrorName, retryAfterSeconds?: number][]) {
  let state: { outage?: ReturnType<typeof waitOut>['outage'] } = {};
  for (const [name, retryAfterSeconds] of errors) {
    const error = new TransferError(name, `a ${name}`, { retryAfterSeconds });
    const waiting = waitOut(stage.ports, state, error, waiter);
    stage.bench.clock.advance(Math.max(0, (waiting.outage.until ?? 0) - stage.bench.clock.now()));
    state = waiting;
  }
  return state;
}

describe('patience', () => {
  it('counts the part of a wait that the other side did not ask for', async () => {
    const stage = await Stage.set();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 1 });
    let state: Parameters<typeof waitOut>[1] = {};
    const begin = stage.bench.clock.now();
    expect(() => {
      for (;;) {
        const waiting = waitOut(stage.ports, state, error, waiter);
        stage.bench.clock.advance(waiting.waitSeconds * 1000);
        state = waiting;
      }
    }).toThrow(/429/);
    expect(stage.bench.clock.now() - begin).toBeLessThan(7 * hour);
  });

  it('does not count the hours that the other side named', async () => {
    const stage = await Stage.set();
    const named: [ErrorName, number] = ['ThrottledError', 8 * 3600];
    const after = waits(stage, [named, ['ThrottledError'], ['ServiceUnavailableError']]);
    expect(after.outage).toMatchObject({ waits: 3, namedMs: 8 * hour });
  });

  it('ends after two days of named waits', async () => {
    const stage = await Stage.set();
    const named: [ErrorName, number] = ['ThrottledError', 24 * 3600];
    expect(() => waits(stage, [named, named, named])).toThrow(/for 2880 minutes/);
  });

  it('gives a refused chunk its fresh URLs also after an outage of another kind', async () => {
    const stage = await Stage.set();
    const outage = Array.from({ length: 6 }, (): [ErrorName] => ['ServiceUnavailableError']);
    const state = waits(stage, outage);
    stage.bench.clock.advance(hour);
    const refusal = new TransferError('PresignedUrlRejectedError', 'chunk 3: 403');
    expect(waitOut(stage.ports, state, refusal, waiter).outage).toMatchObject({ sameWaits: 1 });
  });

  it('begins anew once chunks were stored', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    const since = stage.bench.clock.now();
    const outage = { error: 'NetworkError', reason: 'reset', since, waits: 9 };
    stage.bench.clock.advance(boundOf('patience') * 1000 + hour);
    await stage.send(itemOf(opened));
    stage.override({
      sessionStatus: async () => {
        throw new TransferError('ServiceUnavailableError', '502');
      },
    });
    const state = { ...opened, outage };
    const first = await stage.confirm(state);
    expect(first).toMatchObject({ next: 'wait', outage: { waits: 1 } });
    expect(await stage.confirm(stage.pause(first))).toMatchObject({ outage: { waits: 2 } });
  });

  it('of a call that named a time ends no sentence twice', async () => {
    const stage = await Stage.set();
    const error = new TransferError('NetworkError', 'no route. Set HTTPS_PROXY.');
    const state = waitOut(stage.ports, {}, error, waiter);
    stage.bench.clock.advance(boundOf('patience') * 1000);
    expect(() => waitOut(stage.ports, state, error, waiter)).toThrow(
      'no route. Set HTTPS_PROXY (for 360 minutes)',
    );
  });
});

describe('receipts', () => {
  const session = { uploadId: 'upload-1', chunkSizeBytes: 1024, totalChunks: 3, details: {} };
  const whole = sessionRecord({ session, acceptedIndexes: [1, 2, 3] });

  it('of every chunk make a session complete', () => {
    expect(isCompleteByReceipts(whole)).toBe(true);
    expect(isCompleteByReceipts(whole, { completed: 0, pending: 0, failed: 0 })).toBe(true);
    expect(isCompleteByReceipts({ ...whole, acceptedIndexes: [1, 3] })).toBe(false);
  });

  it.each(['pending', 'failed'])(
    'count for nothing where the service counts a %s chunk',
    (kind) => {
      const counts = { completed: 2, pending: 0, failed: 0, [kind]: 1 };
      expect(isCompleteByReceipts({ ...whole, reportedComplete: true }, counts)).toBe(false);
    },
  );

  it('of an expired session that lost a chunk lead to a new session', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    const counts = { completed: 2, pending: 0, failed: 1 };
    stage.override({
      sessionStatus: async () => ({ phase: 'expired', counts }),
      assetStatus: async () => ({ phase: 'missing' }),
    });
    const confirmed = await stage.confirm(opened);
    expect(confirmed).toMatchObject({ next: 'expired' });
    expect(await stage.open(confirmed)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });

  it('count a chunk once, however often its report is repeated', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(4);
    await stage.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    for (const _ of [1, 2, 3]) await stage.report(itemOf(opened));
    const record = await stage.bench.store.session(opened.transferId, 1);
    expect(record?.acceptedIndexes).toEqual([1, 2]);
  });

  it('of a chunk that is sent again are withdrawn', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    stage.override({
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
    await stage.confirm(opened);
    const record = await stage.bench.store.session(opened.transferId, 1);
    expect(isCompleteByReceipts(record as never)).toBe(false);
  });
});

describe('a reply to a report that calls the upload complete too early', () => {
  /** A session whose first chunk alone was sent, and which a reply called complete; then it is gone. */
  async function calledComplete() {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    await stage.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 1 }] }));
    const receipt = { accepted: [1], complete: true };
    await stage.bench.store.recordReceipt(opened.transferId, 1, receipt);
    stage.override({
      sessionStatus: async () => ({ phase: 'expired' }),
      assetStatus: async () => ({ phase: 'missing' }),
    });
    return { stage, opened };
  }

  it('is not believed where chunks were never sent: a new session takes them', async () => {
    const { stage, opened } = await calledComplete();
    const confirmed = await stage.confirm(opened);
    expect(confirmed).toMatchObject({ next: 'expired' });
    expect(await stage.open(confirmed)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });
});

it.each([
  ['leaves an ingest whose session the service contradicts', 'ProtocolViolationError', 2],
  ['goes on with an ingest whose source contradicts itself', 'SourceProtocolError', 1],
] as const)('a forced start %s', async (_, error, ingest) => {
  const stage = await Stage.set();
  const opened = await stage.opened(3);
  const outcome = { status: 'failed', error };
  const patch = { state: 'failed', outcome } as const;
  await stage.bench.store.patchTransfer(opened.transferId, opened.fence, patch, 0);
  const inspected = await stage.inspect({ ...film, force: true });
  const again = await stage.open(inspected, { executionId: 'execution-b' });
  expect((await stage.row(again)).ingestNumber).toBe(ingest);
});

describe('a chunk that the service always calls failed', () => {
  it('ends the execution by name after a few sends', async () => {
    const stage = await Stage.set();
    let state: Planned = await stage.opened(3);
    const counts = { completed: 2, pending: 0, failed: 1 };
    const states = new Map([[2, 'failed' as const]]);
    stage.override({
      sessionStatus: async () => ({ phase: 'active', counts }),
      chunkStates: async () => ({ states, nextPage: undefined }),
    });
    const sends = async () => {
      for (let sent = 1; ; sent++) {
        await stage.sendAll(state);
        const confirmed = await stage.confirm(state).catch((error) => ({ error, sent }));
        if ('error' in confirmed) return confirmed;
        state = (await stage.open(stage.pause(confirmed))) as Planned;
      }
    };
    expect(await sends()).toMatchObject({
      sent: boundOf('failedSends'),
      error: { name: 'UploadFailedError', message: expect.stringContaining('chunk 2') },
    });
  });
});

it('an unknown status without counts does not keep missing chunks from being sent', async () => {
  const stage = await Stage.set();
  const opened = await stage.opened(3);
  stage.override({ sessionStatus: async () => ({ phase: 'busy' }) });
  expect(await stage.confirm(opened)).toMatchObject({ next: 'missing' });
});

it('ranges at once grow again after a round that was slow for nobody', async () => {
  const stage = await Stage.set();
  const opened = await stage.opened(3);
  expect(await stage.confirm({ ...opened, senders: 2 })).toMatchObject({ senders: 4 });
});

it('a create that a dead call left behind is looked for before another session is opened', async () => {
  const stage = await Stage.set();
  const opened = await stage.opened(3);
  const { store } = stage.bench;
  const record = sessionRecord({ number: 2, attempt: 'dead' });
  await store.addSession(opened.transferId, record);
  await store.patchTransfer(opened.transferId, opened.fence, { sessionNumber: 2 }, 0);
  let lists = 0;
  stage.override({
    listUnfinished: async () => {
      lists++;
      return { sessions: [], truncated: false };
    },
  });
  const next = await stage.open({ ...opened, sessionNumber: 2, next: 'missing' });
  expect(next).toMatchObject({ sessionNumber: 3, createsLost: 1 });
  expect(lists).toBe(1);
});

it('a service that wants order gets no later chunk before a mismatched one', async () => {
  const stage = await Stage.set();
  const { destination } = stage.ports;
  const sent: number[] = [];
  stage.override({
    traits: { ...destination.traits, order: 'ascending' },
    sendChunk: async (...given) => {
      const delivery = await destination.sendChunk(...given);
      sent.push(given[1].index);
      return sent.length <= 3 ? { ...delivery, proof: 'f'.repeat(32) } : delivery;
    },
  });
  await stage.send(itemOf(await stage.opened(3)));
  expect(sent).toEqual([1, 1, 1, 1, 2, 3]);
});
