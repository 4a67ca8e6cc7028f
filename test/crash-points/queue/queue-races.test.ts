import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dispatcher } from '../../harness/sandbox.ts';
import { fakeTime, giveTimeBack, inTime } from '../../harness/fake-time.ts';
import { holdAt, recordMoments } from './hold-moment.ts';
import {
  bringToRest,
  brokenInQueue,
  films,
  isPoint,
  openQueueWorld,
  type QueuePoint,
  type QueueWorld,
} from './queue-crash-harness.ts';

beforeEach(fakeTime);
afterEach(giveTimeBack);

const { second } = films;

/** Two that meet at a queued transfer: one stands still at a point of its way while the other acts. */
interface Race {
  /** The function whose effects are the points. */
  readonly at: string;
  readonly actor: (world: QueueWorld) => Promise<unknown>;
  readonly rival: (world: QueueWorld) => Promise<unknown>;
  /** What else must hold, in words where it does not. */
  readonly judge?: (world: QueueWorld, answers: Answers) => Promise<string[]>;
}

/** What the two were answered. */
interface Answers {
  readonly actor: unknown;
  readonly rival: unknown;
}

const dispatchAndRun = async (world: QueueWorld) => {
  await world.dispatch();
  await world.ended();
};

const cancel = async (world: QueueWorld) => {
  const { transferId } = (await world.rowOf(second)) ?? {};
  return world.command({ command: 'cancel', transferId });
};

const byHand = async (world: QueueWorld) => (await world.start(second).result).output;

/** A cancelled transfer stays so, whatever the dispatcher and events do, and leaves nothing behind. */
async function staysCancelled(world: QueueWorld): Promise<string[]> {
  await inTime(world.dispatch());
  await inTime(world.startByEvent(second).result);
  await inTime(world.ended());
  const { tables } = world.judged;
  const left = [...tables.queue.tickets(), ...tables.queue.held.values()].map((one) =>
    JSON.stringify(one),
  );
  const row = await world.rowOf(second);
  return row?.state === 'cancelled' ? left : [`it is ${row?.state}`, ...left];
}

const races: Readonly<Record<string, Race>> = {
  'two dispatchers': { at: dispatcher, actor: (world) => world.dispatch(), rival: dispatchAndRun },
  'a dispatcher and a start by hand': {
    at: dispatcher,
    actor: (world) => world.dispatch(),
    rival: byHand,
  },
  'the dispatched execution and a start by hand': {
    at: 'OpenSession',
    actor: dispatchAndRun,
    rival: byHand,
    judge: async (_, { rival }) => {
      const { status } = (rival ?? {}) as { status?: string };
      const isWell = ['queued', 'running-elsewhere'].includes(String(status));
      return isWell ? [] : [`the start by hand ended ${JSON.stringify(rival)}`];
    },
  },
  'the dispatched execution and a cancel': {
    at: 'OpenSession',
    actor: dispatchAndRun,
    rival: cancel,
    judge: staysCancelled,
  },
  'a cancel and the dispatched execution': {
    at: dispatcher,
    actor: cancel,
    rival: dispatchAndRun,
    judge: async (world, { actor }) => {
      const row = await world.rowOf(second);
      const { state } = (actor ?? {}) as { state?: string };
      if (row?.state === 'cancelled') return staysCancelled(world);
      return row?.state === state ? [] : [`answered ${state}, it is ${row?.state}`];
    },
  },
};

/** A world in which the second film waits in the queue and the slot is free. */
async function openQueued(): Promise<QueueWorld> {
  const world = await openQueueWorld();
  await inTime(world.command({ command: 'pause' }));
  await inTime(world.startByEvent(second).result);
  await inTime(world.command({ command: 'resume' }));
  return world;
}

async function pointsOf({ at, actor }: Race): Promise<QueuePoint[]> {
  const world = await openQueued();
  const moments = recordMoments(world);
  await inTime(actor(world));
  return moments.filter(({ functionName }) => functionName === at);
}

async function raceAt(race: Race, point: QueuePoint): Promise<string[]> {
  const world = await openQueued();
  const held = holdAt(world, (moment) => isPoint(point, moment));
  const acting = race.actor(world);
  await inTime(held.reached);
  const rival = await inTime(race.rival(world));
  held.goOn();
  const actor = await inTime(acting);
  await inTime(world.ended());
  const broken = (await race.judge?.(world, { actor, rival })) ?? [];
  await bringToRest(world);
  broken.push(...(await brokenInQueue(world)));
  return broken.map((what) => `${point.when} ${point.index} ${point.name}: ${what}`);
}

describe('at a queued transfer', () => {
  it.each(Object.entries(races))(
    'meet %s, and it becomes one asset or stays cancelled, wherever the first stands still',
    async (what, race) => {
      const points = await pointsOf(race);
      const broken: string[] = [];
      for (const point of points) broken.push(...(await raceAt(race, point)));
      console.log(`${what}: ${points.length} points, ${broken.length} broken promises`);
      expect(points.length).toBeGreaterThan(10);
      expect(broken).toEqual([]);
    },
  );
});
