import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTime, restoreTime, untilSettled } from '../../harness/clock.ts';
import { dispatcher } from '../../simulation/harness/sandbox.ts';
import { isAt } from '../support/points.ts';
import { shortStacks } from '../support/short-stacks.ts';
import {
  bringToRest,
  brokenInQueue,
  films,
  holdAt,
  openQueueCrashHarness,
  type QueueCrashHarness,
  type QueuePoint,
  recordMoments,
} from './queue-crash-harness.ts';

beforeEach(fakeTime);
beforeEach(shortStacks);
afterEach(restoreTime);

const { second } = films;

/** Two actors at one queued transfer: the first is paused at a point while the rival acts. */
interface Race {
  /** The function whose effects are the points. */
  readonly at: string;
  readonly actor: (harness: QueueCrashHarness) => Promise<unknown>;
  readonly rival: (harness: QueueCrashHarness) => Promise<unknown>;
  /** Returns further broken guarantees as text. */
  readonly check?: (harness: QueueCrashHarness, answers: Answers) => Promise<string[]>;
}

/** The answers to both. */
interface Answers {
  readonly actor: unknown;
  readonly rival: unknown;
}

const dispatchAndRun = async (harness: QueueCrashHarness) => {
  await harness.dispatch();
  await harness.ended();
};

const cancel = async (harness: QueueCrashHarness) => {
  const { transferId } = (await harness.rowOf(second)) ?? {};
  return harness.command({ command: 'cancel', transferId });
};

const manualStart = async (harness: QueueCrashHarness) =>
  (await harness.start(second).result).output;

/** Checks that a cancelled transfer stays cancelled after dispatch and events, without leftovers. */
async function staysCancelled(harness: QueueCrashHarness): Promise<string[]> {
  await untilSettled(harness.dispatch());
  await untilSettled(harness.startByEvent(second).result);
  await untilSettled(harness.ended());
  const { tables } = harness.simulation;
  const leftovers = [...tables.queue.tickets(), ...tables.queue.held.values()].map((one) =>
    JSON.stringify(one),
  );
  const row = await harness.rowOf(second);
  return row?.state === 'cancelled' ? leftovers : [`it is ${row?.state}`, ...leftovers];
}

const races: Readonly<Record<string, Race>> = {
  'two dispatchers': {
    at: dispatcher,
    actor: (harness) => harness.dispatch(),
    rival: dispatchAndRun,
  },
  'a dispatcher and a manual start': {
    at: dispatcher,
    actor: (harness) => harness.dispatch(),
    rival: manualStart,
  },
  'the dispatched execution and a manual start': {
    at: 'OpenSession',
    actor: dispatchAndRun,
    rival: manualStart,
    check: async (_, { rival }) => {
      const { status } = (rival ?? {}) as { status?: string };
      const isAllowed = ['queued', 'running-elsewhere'].includes(String(status));
      return isAllowed ? [] : [`the manual start ended ${JSON.stringify(rival)}`];
    },
  },
  'the dispatched execution and a cancel': {
    at: 'OpenSession',
    actor: dispatchAndRun,
    rival: cancel,
    check: staysCancelled,
  },
  'a cancel and the dispatched execution': {
    at: dispatcher,
    actor: cancel,
    rival: dispatchAndRun,
    check: async (harness, { actor }) => {
      const row = await harness.rowOf(second);
      const { state } = (actor ?? {}) as { state?: string };
      if (row?.state === 'cancelled') return staysCancelled(harness);
      return row?.state === state ? [] : [`answered ${state}, it is ${row?.state}`];
    },
  },
};

/** Opens a harness in which the second film is queued and the slot is free. */
async function openQueued(): Promise<QueueCrashHarness> {
  const harness = await openQueueCrashHarness();
  await untilSettled(harness.command({ command: 'pause' }));
  await untilSettled(harness.startByEvent(second).result);
  await untilSettled(harness.command({ command: 'resume' }));
  return harness;
}

async function pointsOf({ at, actor }: Race): Promise<QueuePoint[]> {
  const harness = await openQueued();
  const moments = recordMoments(harness);
  await untilSettled(actor(harness));
  return moments.filter(({ functionName }) => functionName === at);
}

async function raceAt(race: Race, point: QueuePoint): Promise<string[]> {
  const harness = await openQueued();
  const held = holdAt(harness, (moment) => isAt(point, moment));
  const acting = race.actor(harness);
  await untilSettled(held.reached);
  const rival = await untilSettled(race.rival(harness));
  held.resume();
  const actor = await untilSettled(acting);
  await untilSettled(harness.ended());
  const broken = (await race.check?.(harness, { actor, rival })) ?? [];
  await bringToRest(harness);
  broken.push(...(await brokenInQueue(harness)));
  return broken.map((what) => `${point.when} ${point.index} ${point.name}: ${what}`);
}

describe('a queued transfer', () => {
  it.each(Object.entries(races))(
    'becomes one asset or stays cancelled in a race of %s, with the first paused at every point',
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
