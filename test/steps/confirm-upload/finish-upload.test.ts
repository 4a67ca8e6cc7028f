import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { film } from '../../harness/port-harness.ts';
import { Negotiated } from '../../doubles/destinations/negotiated.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

const negotiated = () => StepHarness.around((clock, options) => new Negotiated(clock, options));
const serial = () => StepHarness.around((clock, options) => new Serial(clock, options));

describe('an upload that must be finished by a call', () => {
  it('is finished once every chunk has a proof, and its asset written down', async () => {
    const harness = await negotiated();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(await harness.row(opened)).toMatchObject({ assetId: 'file-1', totalChunks: 3 });
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(record?.session?.assetId).toBe('file-1');
  });

  it('is not finished while a proof is missing', async () => {
    const harness = await negotiated();
    const opened = await harness.opened(3);
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
    expect(harness.doubles.asked.finished).toBe(0);
  });

  it('is not finished twice when only the row was not written', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    harness.doubles.store.failNext('patchTransfer');
    await expect(harness.confirm(opened)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.asked.finished).toBe(1);
    expect(harness.service.assetIds()).toEqual(['media-1']);
  });

  it('is finished with proofs whose reports were never heard', async () => {
    const harness = await negotiated();
    const opened = await harness.opened(3);
    await harness.send(itemOf(opened));
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('waits and is tried again when the service is busy', async () => {
    const harness = await negotiated();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    harness.service.faults.failCall('finish', 'throttled');
    const waiting = await harness.confirm(opened);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 7 });
    expect(await harness.confirm(harness.pause(waiting))).toMatchObject({ next: 'asset' });
  });

  it('makes one asset although the answer was lost, where the service can be asked again', async () => {
    const harness = await negotiated();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    harness.service.faults.failCall('finish', 'lost-reply');
    const waiting = await harness.confirm(opened);
    expect(await harness.confirm(harness.pause(waiting))).toMatchObject({ next: 'asset' });
    expect(harness.service.assetIds()).toEqual(['file-1']);
  });

  it('asks for a new session when sending found the session gone', async () => {
    const harness = await negotiated();
    const opened = await harness.opened(3);
    harness.service.forgetSessions();
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'stop' });
    const state = await harness.confirm(opened);
    expect(state).toMatchObject({ next: 'expired' });
    expect(await harness.open(state)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });
});

describe('an upload that ends with a digest of the whole object', () => {
  it('reads the object once more for it', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    await harness.confirm(opened);
    expect(harness.doubles.source.reads.at(-1)).toEqual({
      start: 0,
      endInclusive: 3 * chunkBytes - 1,
    });
    expect(harness.doubles.source.reads).toHaveLength(4);
  });

  it('ends as superseded when the object is overwritten before that', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    harness.doubles.source.delete(film);
    const ended = { next: 'ended', ending: { status: 'superseded' } };
    expect(await harness.confirm(opened)).toMatchObject(ended);
  });

  it('waits when the object can’t be read just then', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    await harness.sendAll(opened);
    harness.doubles.source.failRead(1, { kind: 'unavailable' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'wait' });
  });
});

describe('a session that is born with its first chunk', () => {
  it('is written down before the next chunk goes', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    const seen: (string | undefined)[] = [];
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: async (...given) => {
        const record = await harness.doubles.store.session(opened.transferId, 1);
        seen.push(record?.session?.uploadId);
        return sendChunk(...given);
      },
    });
    await harness.send(itemOf(opened));
    expect(seen).toEqual(['', 'sc-1', 'sc-1']);
  });

  it('is begun anew when nobody heard of it', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    harness.service.faults.failSend(1, { kind: 'lost-reply' });
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'sent' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    const record = await harness.doubles.store.session(opened.transferId, 1);
    expect(record?.session?.uploadId).toBe('sc-2');
  });

  it('goes on after a chunk whose proof was not written', async () => {
    const harness = await serial();
    const opened = await harness.opened(3);
    harness.doubles.store.failNext('storeProof');
    await harness.send(itemOf(opened));
    const again = (await harness.open({ ...opened, next: 'missing' })) as Planned;
    expect(await harness.send(itemOf(again))).toMatchObject({ next: 'sent' });
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
  });

  it('sends nothing of a range before every chunk of those before it is proven', async () => {
    const harness = await serial();
    const opened = await harness.opened(60);
    const { sendChunk } = harness.ports.destination;
    harness.override({
      sendChunk: () => Promise.reject(new TransferError('NetworkError', 'reset')),
    });
    await harness.send(itemOf(opened, 1));
    harness.override({ sendChunk });
    harness.doubles.asked.sends.length = 0;
    const next = await harness.send(itemOf(opened, 2));
    expect(harness.doubles.asked.sends).toEqual([]);
    expect(next).toMatchObject({ next: 'stop' });
  });
});
