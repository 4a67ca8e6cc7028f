import { describe, expect, it } from 'vitest';
import {
  leaseSeconds,
  maxTurnWaitSeconds,
  maxWaitSeconds,
  placeSettlingMs,
} from '#src/core/limits.ts';
import type { TransferPatch, TransferStore } from '#src/core/ports.ts';
import type { Settings } from '#src/core/settings.ts';
import { film } from '../conformance/bench.ts';
import { sampleBytes } from '../doubles/memory-source.ts';
import { chunkBytes, itemOf, type Planned, Stage } from './stage.ts';

const one: Partial<Settings> = { maxActiveTransfers: 1, maxSendConcurrency: 4 };

/** A stage with several films, each opened by an execution of its own, some seconds apart. */
async function line(films: number, tuned = one) {
  const stage = await Stage.set({}, tuned);
  const states: Planned[] = [];
  for (let i = 1; i <= films; i++) {
    const key = `film ${i}.mp4`;
    stage.bench.source.put({ ...film, key }, sampleBytes(2 * chunkBytes));
    const inspected = await stage.inspect({ ...film, key });
    states.push((await stage.open(inspected, by(i))) as Planned);
    stage.bench.clock.advance(placeSettlingMs);
  }
  const again = async (i: number) => (await stage.open(states[i - 1], by(i))) as Planned;
  return { stage, states, again };
}

const by = (i: number) => ({ executionId: `execution-${i}` });

describe('with one turn', () => {
  it('the second transfer waits, with no session opened for it', async () => {
    const { stage, states } = await line(2);
    expect(states.map(({ next }) => next)).toEqual(['send', 'wait']);
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('the next in line starts when the bytes of the first are complete, before it is ready', async () => {
    const { stage, states, again } = await line(3);
    await stage.sendAll(states[0] as Planned, by(1));
    await stage.confirm(states[0], by(1));
    expect(await again(3)).toMatchObject({ next: 'wait' });
    expect(await again(2)).toMatchObject({ next: 'send' });
    expect(await again(3)).toMatchObject({ next: 'wait' });
  });

  it('the next in line starts when the first has failed', async () => {
    const { stage, states, again } = await line(2);
    const error = { Error: 'UploadFailedError', Cause: '' };
    await stage.record({ ...states[0], error }, by(1));
    expect(await again(2)).toMatchObject({ next: 'send' });
  });

  it('the turn of one that died is free once it has been silent for the length of a lease', async () => {
    const { stage, again } = await line(2);
    stage.bench.clock.advance(leaseSeconds * 1000 - placeSettlingMs * 2);
    expect(await again(2)).toMatchObject({ next: 'wait' });
    stage.bench.clock.advance(placeSettlingMs * 2);
    expect(await again(2)).toMatchObject({ next: 'send' });
  });

  it('one that died waiting holds up nobody for ever', async () => {
    const { stage, states, again } = await line(3);
    await stage.record({ ...states[0], error: { Error: 'UploadFailedError', Cause: '' } }, by(1));
    expect(await again(3)).toMatchObject({ next: 'wait' });
    stage.bench.clock.advance(maxWaitSeconds * 3 * 1000 + 1000);
    expect(await again(3)).toMatchObject({ next: 'send' });
  });

  it('a send whose turn has gone to another stops, and its transfer waits in line again', async () => {
    const { stage, states, again } = await line(2);
    stage.bench.clock.advance(leaseSeconds * 1000);
    expect(await again(2)).toMatchObject({ next: 'send' });
    const first = states[0] as Planned;
    expect(await stage.send(itemOf(first), by(1))).toMatchObject({ next: 'stop' });
    const confirmed = await stage.confirm(first, by(1));
    expect(confirmed).toMatchObject({ next: 'missing' });
    expect(await stage.open(confirmed, by(1))).toMatchObject({ next: 'wait' });
  });

  it('a transfer that sends for long keeps it', async () => {
    const { stage, states, again } = await line(2);
    for (let minute = 0; minute < 30; minute++) {
      stage.bench.clock.advance(60_000);
      await stage.confirm(states[0], by(1));
    }
    expect(await again(2)).toMatchObject({ next: 'wait' });
  });

  it('a crash between taking it and saying so does not lose it', async () => {
    const { stage } = await line(0);
    stage.bench.source.put(film, sampleBytes(chunkBytes));
    const inspected = await stage.inspect(film);
    stage.ports = {
      ...stage.ports,
      store: { ...stage.ports.store, patchTransfer: lostFor('slot', stage.ports.store) },
    };
    await expect(stage.open(inspected, by(1))).rejects.toThrow('lost');
    stage.ports = { ...stage.ports, store: stage.bench.store };
    expect(await stage.open(inspected, by(1))).toMatchObject({ next: 'send' });
    expect(stage.bench.queue.held.size).toBe(1);
    expect(stage.bench.queue.line.size).toBe(0);
  });

  it('a transfer that has waited too long ends by name', async () => {
    const { stage, states, again } = await line(2);
    const first = states[0] as Planned;
    for (let waited = 0; waited < maxTurnWaitSeconds; waited += 1_000) {
      stage.bench.clock.advance(1_000_000);
      await stage.confirm({ ...first, polls: 0 }, by(1));
    }
    await expect(again(2)).rejects.toMatchObject({
      name: 'TurnNotReachedError',
      message: expect.stringContaining('120 h'),
    });
  });

  it('one that lasts is looked at more and more seldom by the next in line', async () => {
    const { stage, states, again } = await line(2);
    const waits: number[] = [];
    for (let look = 0; look < 6; look++) {
      stage.bench.clock.advance(200_000);
      await stage.confirm({ ...(states[0] as Planned), polls: 0 }, by(1));
      waits.push((await again(2)).waitSeconds);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(maxWaitSeconds);
  });
});

/** The store's `patchTransfer`, until a patch has that field. */
function lostFor(field: keyof TransferPatch, store: TransferStore): TransferStore['patchTransfer'] {
  return async (id, fence, patch, now) => {
    if (field in patch) throw new Error('lost');
    return store.patchTransfer(id, fence, patch, now);
  };
}

describe('the line', () => {
  it('lets nobody start who came as many places later as there are queue', async () => {
    const { stage, states, again } = await line(5, {
      maxActiveTransfers: 2,
      maxSendConcurrency: 4,
    });
    expect(states.map(({ next }) => next)).toEqual(['send', 'send', 'wait', 'wait', 'wait']);
    for (const i of [1, 2]) {
      await stage.sendAll(states[i - 1] as Planned, by(i));
      await stage.confirm(states[i - 1], by(i));
    }
    expect(await again(5)).toMatchObject({ next: 'wait' });
    expect(await again(4)).toMatchObject({ next: 'send' });
    expect(await again(5)).toMatchObject({ next: 'wait' });
    expect(await again(3)).toMatchObject({ next: 'send' });
  });

  it('lets one that comes right behind another wait until the order is certain', async () => {
    const stage = await Stage.set({}, { maxActiveTransfers: 5 });
    const open = async (i: number) => {
      const key = `film ${i}.mp4`;
      stage.bench.source.put({ ...film, key }, sampleBytes(chunkBytes));
      return (await stage.open(await stage.inspect({ ...film, key }), by(i))) as Planned;
    };
    expect(await open(1)).toMatchObject({ next: 'send' });
    expect(await open(2)).toMatchObject({ next: 'wait', waitSeconds: placeSettlingMs / 1000 });
  });

  it('is looked at more seldom by those far behind', async () => {
    const { stage, again } = await line(30);
    const other = { slot: 9, transferId: 'x', fence: 1, since: 0, until: 0 };
    await stage.bench.queue.takeSlot(other, 1);
    await stage.bench.queue.freeSlot(other, 60_000);
    const [near, far] = [await again(2), await again(30)];
    expect(far.waitSeconds).toBeGreaterThan(near.waitSeconds * 4);
    expect(far.waitSeconds).toBeLessThanOrEqual(maxWaitSeconds);
  });
});

it('every turn has the same share of the sends', async () => {
  const stage = await Stage.set(
    {},
    { maxActiveTransfers: 3, maxSendConcurrency: 7, chunksInFlight: 1 },
  );
  const planned = await stage.opened(400);
  expect(planned.ranges.length).toBe(8);
  expect(planned.concurrency).toBe(2);
});

it('a start is announced once it has its turn, and one that can not be is no failure', async () => {
  const stage = await Stage.set();
  stage.bench.events.refusals = 1;
  expect(await stage.opened(1)).toMatchObject({ next: 'send' });
  expect(stage.bench.logged.map(({ message }) => message)).toContain('start not announced');
  const other = await Stage.set();
  await other.opened(1);
  expect(other.bench.events.all).toMatchObject([
    { type: 'Transfer Started', detail: { key: film.key } },
  ]);
});
