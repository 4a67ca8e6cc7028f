import { describe, expect, it } from 'vitest';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

/** Returns a transfer with an open session. */
async function openTransfer(chunks = 3) {
  const harness = await StepHarness.create();
  const opened = await harness.openTransfer(chunks);
  return { harness, opened };
}

describe('a chunk that the service does not count as completed', () => {
  it('is reported again three times, then loses its proof and is sent again', async () => {
    const { harness, opened } = await openTransfer();
    harness.service.dropNextReport();
    await harness.send(itemOf(opened));
    let state = opened as { next: string };
    for (let i = 0; i < 3; i++) {
      harness.service.dropNextReport();
      state = await harness.confirm(state);
      expect(state.next).toBe('wait');
    }
    state = await harness.confirm(state);
    expect(state.next).toBe('missing');
    const rows = await harness.doubles.store.chunks(opened.transferId, 1);
    expect(rows.get(2)).toMatchObject({ generation: 1, retiredBecause: expect.any(String) });

    const again = (await harness.open(state)) as Planned;
    await harness.sendAll(again);
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.calls.sends).toHaveLength(6);
    expect((await harness.row(opened)).retries).toEqual({ ChunkReportedAgain: 9, ChunkResent: 3 });
  });

  it('is completed by one more report if only its report was lost', async () => {
    const { harness, opened } = await openTransfer();
    harness.service.dropNextReport();
    await harness.send(itemOf(opened));
    const waiting = await harness.confirm(opened);
    expect(waiting).toMatchObject({ next: 'wait' });
    expect(await harness.confirm(waiting)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.calls.sends).toHaveLength(3);
  });

  it('is reported again without the other chunks of its session', async () => {
    const { harness, opened } = await openTransfer();
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    harness.service.dropNextReport();
    await harness.send(itemOf(opened));
    await harness.confirm(opened);
    expect(harness.doubles.calls.reports).toEqual([[1, 2], [3], [3]]);
  });

  it('is sent again alone if the service reports it as failed', async () => {
    const { harness, opened } = await openTransfer();
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    harness.service.dropNextReport();
    await harness.send(itemOf(opened));
    harness.service.failChunk(2);
    const state = await harness.confirm(opened);
    expect(state).toMatchObject({ next: 'missing' });
    const again = (await harness.open(state)) as Planned;
    await harness.sendAll(again);
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.calls.sends.map(({ index }) => index)).toEqual([1, 2, 3, 2]);
  });

  it('is not searched in pages while every missing chunk is unsent', async () => {
    const { harness, opened } = await openTransfer();
    const states = () => Promise.reject(new Error('unexpected read of a page'));
    harness.override({ chunkStates: states });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
  });
});

describe('a chunk that the service always reports as failed', () => {
  it('fails the execution by name after the maximum of sends', async () => {
    const harness = await StepHarness.create();
    let state: Planned = await harness.openTransfer(3);
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
        state = (await harness.open(harness.waitFor(confirmed))) as Planned;
      }
    };
    expect(await sends()).toMatchObject({
      sent: boundOf('failedSends'),
      error: { name: 'UploadFailedError', message: expect.stringContaining('chunk 2') },
    });
  });
});

it('an unknown status without counts does not prevent the send of missing chunks', async () => {
  const harness = await StepHarness.create();
  const opened = await harness.openTransfer(3);
  harness.override({ sessionStatus: async () => ({ phase: 'busy' }) });
  expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
});
