import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { film } from '../conformance/bench.ts';
import { Negotiated } from '../doubles/destinations/negotiated.ts';
import { Serial } from '../doubles/destinations/serial.ts';
import { chunkBytes, itemOf, type Planned, Stage } from './stage.ts';

const negotiated = () => Stage.around((clock, options) => new Negotiated(clock, options));
const serial = () => Stage.around((clock, options) => new Serial(clock, options));

describe('an upload that must be finished by a call', () => {
  it('is finished once every chunk has a proof, and its asset written down', async () => {
    const stage = await negotiated();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    expect(await stage.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(await stage.row(opened)).toMatchObject({ assetId: 'file-1', totalChunks: 3 });
    const record = await stage.bench.store.session(opened.transferId, 1);
    expect(record?.session?.assetId).toBe('file-1');
  });

  it('is not finished while a proof is missing', async () => {
    const stage = await negotiated();
    const opened = await stage.opened(3);
    await stage.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    expect(await stage.confirm(opened)).toMatchObject({ next: 'missing' });
    expect(stage.bench.asked.finished).toBe(0);
  });

  it('is not finished twice when only the row was not written', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    stage.bench.store.refuse('patchTransfer');
    await expect(stage.confirm(opened)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    expect(await stage.confirm(opened)).toMatchObject({ next: 'asset' });
    expect(stage.bench.asked.finished).toBe(1);
    expect(stage.service.assetIds()).toEqual(['media-1']);
  });

  it('is finished with proofs whose reports were never heard', async () => {
    const stage = await negotiated();
    const opened = await stage.opened(3);
    await stage.send(itemOf(opened));
    expect(await stage.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('waits and is tried again when the service is busy', async () => {
    const stage = await negotiated();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    stage.service.faults.befallCall('finish', 'throttled');
    const waiting = await stage.confirm(opened);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 7 });
    expect(await stage.confirm(stage.pause(waiting))).toMatchObject({ next: 'asset' });
  });

  it('makes one asset although the answer was lost, where the service can be asked again', async () => {
    const stage = await negotiated();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    stage.service.faults.befallCall('finish', 'lost-reply');
    const waiting = await stage.confirm(opened);
    expect(await stage.confirm(stage.pause(waiting))).toMatchObject({ next: 'asset' });
    expect(stage.service.assetIds()).toEqual(['file-1']);
  });

  it('asks for a new session when sending found the session gone', async () => {
    const stage = await negotiated();
    const opened = await stage.opened(3);
    stage.service.forgetSessions();
    expect(await stage.send(itemOf(opened))).toMatchObject({ next: 'stop' });
    const state = await stage.confirm(opened);
    expect(state).toMatchObject({ next: 'expired' });
    expect(await stage.open(state)).toMatchObject({ next: 'send', sessionNumber: 2 });
  });
});

describe('an upload that ends with a digest of the whole object', () => {
  it('reads the object once more for it', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    await stage.confirm(opened);
    expect(stage.bench.source.reads.at(-1)).toEqual({ start: 0, endInclusive: 3 * chunkBytes - 1 });
    expect(stage.bench.source.reads).toHaveLength(4);
  });

  it('ends as superseded when the object is overwritten before that', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    stage.bench.source.delete(film);
    const ended = { next: 'ended', ending: { status: 'superseded' } };
    expect(await stage.confirm(opened)).toMatchObject(ended);
  });

  it('waits when the object can’t be read just then', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    await stage.sendAll(opened);
    stage.bench.source.befall(1, { kind: 'unavailable' });
    expect(await stage.confirm(opened)).toMatchObject({ next: 'wait' });
  });
});

describe('a session that is born with its first chunk', () => {
  it('is written down before the next chunk goes', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    const seen: (string | undefined)[] = [];
    const { sendChunk } = stage.ports.destination;
    stage.override({
      sendChunk: async (...given) => {
        const record = await stage.bench.store.session(opened.transferId, 1);
        seen.push(record?.session?.uploadId);
        return sendChunk(...given);
      },
    });
    await stage.send(itemOf(opened));
    expect(seen).toEqual(['', 'sc-1', 'sc-1']);
  });

  it('is begun anew when nobody heard of it', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    stage.service.faults.befall(1, { kind: 'lost-reply' });
    expect(await stage.send(itemOf(opened))).toMatchObject({ next: 'sent' });
    expect(await stage.confirm(opened)).toMatchObject({ next: 'asset' });
    const record = await stage.bench.store.session(opened.transferId, 1);
    expect(record?.session?.uploadId).toBe('sc-2');
  });

  it('goes on after a chunk whose proof was not written', async () => {
    const stage = await serial();
    const opened = await stage.opened(3);
    stage.bench.store.refuse('keepProof');
    await stage.send(itemOf(opened));
    const again = (await stage.open({ ...opened, next: 'missing' })) as Planned;
    expect(await stage.send(itemOf(again))).toMatchObject({ next: 'sent' });
    expect(await stage.confirm(again)).toMatchObject({ next: 'asset' });
  });

  it('sends nothing of a range before every chunk of those before it is proven', async () => {
    const stage = await serial();
    const opened = await stage.opened(60);
    const { sendChunk } = stage.ports.destination;
    stage.override({ sendChunk: () => Promise.reject(new TransferError('NetworkError', 'reset')) });
    await stage.send(itemOf(opened, 1));
    stage.override({ sendChunk });
    stage.bench.asked.sends.length = 0;
    const next = await stage.send(itemOf(opened, 2));
    expect(stage.bench.asked.sends).toEqual([]);
    expect(next).toMatchObject({ next: 'stop' });
  });
});
