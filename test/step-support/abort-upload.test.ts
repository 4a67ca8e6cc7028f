import { describe, expect, it } from 'vitest';
import { runCommand } from '#src/admission/commands.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { reconcile } from '#src/reconciler/reconcile.ts';
import { abortIfGivenUp } from '#src/step-support/abort-upload.ts';
import { Negotiated } from '../doubles/destinations/negotiated.ts';
import { invocationOf } from '../harness/invocation.ts';
import { film } from '../harness/port-harness.ts';
import { itemOf, type Planned, StepHarness } from '../harness/step-harness.ts';

/** Returns an open transfer at a service that can abort sessions, and the aborted sessions. */
async function openTransfer(abort: () => Promise<void> = async () => {}) {
  const harness = await StepHarness.createWith((clock, options) => new Negotiated(clock, options));
  const aborted: string[] = [];
  const listed: { uploadId: string }[] = [];
  harness.override({
    abortSession: async ({ uploadId }) => {
      aborted.push(uploadId);
      await abort();
    },
    listUnfinished: async () => ({ sessions: listed, truncated: false }),
  });
  const opened = await harness.openTransfer(3);
  const sweep = async () => {
    const call = invocationOf(harness.doubles, { lengthMs: 115_000 });
    const ports = { ...harness.ports, executions: harness.doubles.executions };
    await reconcile(ports, {}, call).finally(call.close);
  };
  return { harness, opened, aborted, listed, sweep };
}

const unreachable = () => Promise.reject(new TransferError('NetworkError', 'reset'));

function cancel({ ports, doubles }: StepHarness<Negotiated>, { transferId }: Planned) {
  return runCommand({ ...ports, ...doubles }, { command: 'cancel', transferId });
}

describe('the session of a transfer that is given up', () => {
  it.each([
    ['aborted', async () => {}],
    ['given up without a sign if the abort fails', unreachable],
  ])('is %s when the object is superseded', async (_, abort) => {
    const { harness, opened, aborted } = await openTransfer(abort);
    harness.doubles.source.delete(film);
    await harness.send(itemOf(opened));
    const ended = await harness.confirm(opened);
    expect(ended).toMatchObject({ next: 'ended', ending: { status: 'superseded' } });
    expect(aborted).toEqual(['sb-1']);
    expect(await harness.record(ended)).toMatchObject({ output: { status: 'superseded' } });
  });

  it('is aborted after a cancel, by the step that meets the cancel', async () => {
    const { harness, opened, aborted } = await openTransfer();
    await cancel(harness, opened);
    const rejected = harness.confirm(opened);
    await expect(rejected).rejects.toMatchObject({ name: 'TransferCancelledError' });
    expect(aborted).toEqual(['sb-1']);
  });

  it('is aborted when a later session replaces it', async () => {
    const { harness, opened, aborted } = await openTransfer();
    harness.service.forgetSessions();
    expect(await harness.open({ ...opened, next: 'expired' })).toMatchObject({ sessionNumber: 2 });
    expect(aborted).toEqual(['sb-1']);
  });

  it('is aborted by the reconciler, if the service still lists it', async () => {
    const { harness, opened, aborted, listed, sweep } = await openTransfer();
    await cancel(harness, opened);
    listed.push({ uploadId: 'sb-1' });
    await sweep();
    expect(aborted).toEqual(['sb-1']);
  });
});

describe('the session of a transfer that may continue', () => {
  it('is not aborted while the transfer sends', async () => {
    const { harness, opened, aborted, listed, sweep } = await openTransfer();
    listed.push({ uploadId: 'sb-1' });
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
    await sweep();
    expect(aborted).toEqual([]);
  });

  it('is not aborted after a final error, because a new execution continues it', async () => {
    const { harness, opened, aborted, listed, sweep } = await openTransfer();
    listed.push({ uploadId: 'sb-1' });
    const denied = new TransferError('CredentialsRejectedError', '401');
    harness.override({ sendChunk: () => Promise.reject(denied) });
    await harness.send(itemOf(opened));
    await expect(harness.confirm(opened)).rejects.toMatchObject({ name: denied.name });
    await harness.record({
      ...opened,
      errorIn: { AwaitAsset: { Error: denied.name, Cause: '401' } },
    });
    await sweep();
    expect(aborted).toEqual([]);
  });

  it('is not aborted after another execution has taken the transfer', async () => {
    const { harness, opened, aborted } = await openTransfer();
    const superseded = async () => {
      const row = await harness.row(opened);
      const next = { ...row, owner: 'execution-b', fence: row.fence + 1 };
      expect(await harness.ports.store.takeTransfer(next, row)).toBe(true);
      throw new TransferError('SourceSupersededError', 'the object was replaced');
    };
    const call = invocationOf(harness.doubles);
    const ended = abortIfGivenUp(harness.ports, opened, call, superseded).finally(call.close);
    await expect(ended).rejects.toMatchObject({ name: 'SourceSupersededError' });
    expect(aborted).toEqual([]);
  });

  it('is not aborted after it was finished', async () => {
    const { harness, opened, aborted, listed, sweep } = await openTransfer();
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    await cancel(harness, opened);
    listed.push({ uploadId: 'sb-1' });
    await sweep();
    expect(aborted).toEqual([]);
  });
});

it('the abort of a session ends after ten seconds', async () => {
  const { harness, opened } = await openTransfer();
  harness.override({
    abortSession: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        queueMicrotask(() => harness.doubles.clock.advance(10_000));
      }),
  });
  harness.doubles.source.delete(film);
  await harness.send(itemOf(opened));
  expect(await harness.confirm(opened)).toMatchObject({ next: 'ended' });
  expect(harness.doubles.clock.pending()).toBe(0);
});
