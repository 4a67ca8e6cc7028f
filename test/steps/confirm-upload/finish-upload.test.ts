import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { Negotiated } from '../../doubles/destinations/negotiated.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { film } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

const negotiated = () => StepHarness.createWith((clock, options) => new Negotiated(clock, options));
const serial = () => StepHarness.createWith((clock, options) => new Serial(clock, options));

describe('an upload with an explicit finish', () => {
  it('is finished once every chunk has a proof, and its asset is recorded', async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(await harness.row(opened)).toMatchObject({ assetId: 'file-1', totalChunks: 3 });
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(record?.session?.assetId).toBe('file-1');
  });

  it('is not finished while a proof is missing', async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
    expect(harness.doubles.calls.finished).toBe(0);
  });

  it('is not finished twice if only the write of the row failed', async () => {
    const harness = await serial();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    harness.doubles.store.failNext('patchTransfer');
    await expect(harness.confirm(opened)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.calls.finished).toBe(1);
    expect(await harness.service.assetIds()).toEqual(['media-1']);
  });

  it('is finished with proofs that were never reported', async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('waits and is finished later if the service is busy', async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    harness.service.faults.failCall('finish', 'throttled');
    const waiting = await harness.confirm(opened);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 7 });
    expect(await harness.confirm(harness.waitFor(waiting))).toMatchObject({ next: 'asset' });
  });

  it('creates one asset although the reply to the finish was lost', async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    harness.service.faults.failCall('finish', 'lost-reply');
    const waiting = await harness.confirm(opened);
    expect(await harness.confirm(harness.waitFor(waiting))).toMatchObject({ next: 'asset' });
    expect(await harness.service.assetIds()).toEqual(['file-1']);
  });

  it('requests a new session if sending found the session lost', async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    harness.service.forgetSessions();
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'stop' });
    const state = await harness.confirm(opened);
    expect(state).toMatchObject({ next: 'expired' });
    expect(await harness.open(state)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });
});

describe('an expired session that was never finished', () => {
  const reported = async () => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    harness.service.forgetSessions();
    return { harness, opened };
  };

  it('leads to a new session, although every chunk is reported: it has no asset', async () => {
    const { harness, opened } = await reported();
    const confirmed = await harness.confirm(opened);
    expect(confirmed).toMatchObject({ next: 'expired' });
    const again = (await harness.open(confirmed)) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2 });
    await harness.sendAll(again);
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
    expect(await harness.row(opened)).toMatchObject({ assetId: 'file-2' });
  });

  it('is replaced by an execution that takes the transfer over', async () => {
    const { harness } = await reported();
    harness.doubles.clock.advance(24 * 3_600_000);
    const again = await harness.open(await harness.inspect(), { executionId: 'execution-b' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2 });
  });
});

describe('a finished upload without an asset id', () => {
  it.each(['', undefined])('fails with a named error: %j', async (assetId) => {
    const harness = await negotiated();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    harness.override({ finish: async (session) => ({ ...session, assetId }) });
    const rejected = harness.confirm(opened);
    await expect(rejected).rejects.toMatchObject({ name: 'ProtocolViolationError' });
    expect((await harness.row(opened)).assetId).toBeUndefined();
  });
});

describe('an upload whose finish needs a digest of the whole object', () => {
  /** Sends the chunks in two calls: a running digest does not survive a call. */
  const sentInTwoCalls = async () => {
    const harness = await serial();
    const opened = await harness.openTransfer(3);
    for (const [first, last] of [
      [1, 2],
      [3, 3],
    ] as const)
      await harness.send({ ...itemOf(opened), range: { n: 1, first, last } });
    return { harness, opened };
  };

  it('uses the digest of the call that sent all chunks, and reads nothing again', async () => {
    const harness = await serial();
    const opened = await harness.openTransfer(3);
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.source.reads).toHaveLength(3);
  });

  it('uses the MD5 that S3 has, and computes none', async () => {
    const harness = await serial();
    harness.override({
      finish: async (session, _, digest) => ({ ...session, assetId: `digest ${digest}` }),
    });
    const opened = await harness.openTransfer(3, { md5: 'of-s3' });
    await harness.sendAll(opened);
    await harness.confirm(opened);
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect([record?.session?.assetId, record?.session?.md5]).toEqual(['digest of-s3', undefined]);
  });

  it('reads the object once more if several calls sent the chunks', async () => {
    const { harness, opened } = await sentInTwoCalls();
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.source.reads.at(-1)).toEqual({
      start: 0,
      endInclusive: 3 * chunkBytes - 1,
    });
    expect(harness.doubles.source.reads).toHaveLength(4);
  });

  it('ends as superseded if the object was overwritten before that', async () => {
    const { harness, opened } = await sentInTwoCalls();
    harness.doubles.source.delete(film);
    const ended = { next: 'ended', ending: { status: 'superseded' } };
    expect(await harness.confirm(opened)).toMatchObject(ended);
  });

  it('waits if the object cannot be read at that moment', async () => {
    const { harness, opened } = await sentInTwoCalls();
    harness.doubles.source.failRead(1, { kind: 'unavailable' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'wait' });
  });
});

describe('a session that its first chunk creates', () => {
  it('is stored before the next chunk is sent', async () => {
    const harness = await serial();
    const opened = await harness.openTransfer(3);
    const seen: (string | undefined)[] = [];
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...args) => {
        const record = await harness.doubles.store.session(opened.transferId, 1);
        seen.push(record?.session?.uploadId);
        return sendChunk(...args);
      },
    });
    await harness.send(itemOf(opened));
    expect(seen).toEqual(['', 'sc-1', 'sc-1']);
  });

  it('is created again if the reply to the first chunk was lost', async () => {
    const harness = await serial();
    const opened = await harness.openTransfer(3);
    harness.service.faults.failSend(1, { kind: 'lost-reply' });
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'sent' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(record?.session?.uploadId).toBe('sc-2');
  });

  it('continues after a chunk whose proof was not stored', async () => {
    const harness = await serial();
    const opened = await harness.openTransfer(3);
    harness.doubles.store.failNext('storeProof');
    await harness.send(itemOf(opened));
    const again = (await harness.open({ ...opened, next: 'missing' })) as Planned;
    expect(await harness.send(itemOf(again))).toMatchObject({ next: 'sent' });
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
  });

  it('sends no chunk of a range while the range before it has a chunk without a proof', async () => {
    const harness = await serial();
    // A sender moves nine chunks in half of this time.
    harness.tune({ sendTimeoutMs: 1 });
    const opened = await harness.openTransfer(60);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: () => Promise.reject(new TransferError('NetworkError', 'reset')),
    });
    await harness.send(itemOf(opened, 1));
    harness.override({ sendChunk });
    harness.doubles.calls.sends.length = 0;
    const next = await harness.send(itemOf(opened, 2));
    expect(harness.doubles.calls.sends).toEqual([]);
    expect(next).toMatchObject({ next: 'stop' });
  });
});
