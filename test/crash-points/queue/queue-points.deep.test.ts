import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeTime, restoreTime, untilSettled } from '../../harness/clock.ts';
import { dispatcher } from '../../simulation/harness/sandbox.ts';
import type { Moment } from '../support/moments.ts';
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

/** A scenario of the queue. Crashes occur only after `watch` was called. */
type Scenario = (harness: QueueCrashHarness, watch: () => void) => Promise<void>;

/** Starts the first film and pauses it at its first send. */
async function holdFirstSend(harness: QueueCrashHarness): Promise<ReturnType<typeof holdAt>> {
  const first = harness.start(films.first);
  const isSending = ({ executionId, name }: Moment) =>
    executionId === first.executionArn && name === 'lambda SendChunks';
  const held = holdAt(harness, isSending);
  await untilSettled(held.reached);
  return held;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'a transfer that joins the queue, is dispatched and taken': async (harness, watch) => {
    const held = await holdFirstSend(harness);
    watch();
    await untilSettled(harness.startByEvent(films.second).result);
    held.resume();
    await untilSettled(harness.ended());
  },
  'a pause with two starts, and a resume': async (harness, watch) => {
    watch();
    await untilSettled(harness.command({ command: 'pause' }));
    for (const film of Object.values(films)) await untilSettled(harness.startByEvent(film).result);
    await untilSettled(harness.command({ command: 'resume' }));
    await untilSettled(harness.dispatch());
    await untilSettled(harness.ended());
  },
  'a pause that stops a running transfer': async (harness, watch) => {
    const held = await holdFirstSend(harness);
    watch();
    await untilSettled(harness.command({ command: 'pause', underWay: 'stop' }));
    held.resume();
    await untilSettled(harness.ended());
    await untilSettled(harness.command({ command: 'resume' }));
    await untilSettled(harness.dispatch());
    await untilSettled(harness.ended());
  },
  'a cancel of a queued transfer': async (harness, watch) => {
    await untilSettled(harness.command({ command: 'pause' }));
    await untilSettled(harness.startByEvent(films.second).result);
    await untilSettled(harness.command({ command: 'resume' }));
    const { transferId } = (await harness.rowOf(films.second)) ?? {};
    watch();
    await untilSettled(harness.command({ command: 'cancel', transferId }));
    await untilSettled(harness.startByEvent(films.second).result);
  },
  'a cancel of a transfer that sends': async (harness, watch) => {
    const held = await holdFirstSend(harness);
    const { transferId } = (await harness.rowOf(films.first)) ?? {};
    watch();
    await untilSettled(harness.command({ command: 'cancel', transferId }));
    held.resume();
    await untilSettled(harness.ended());
  },
};

/** What is killed at a point. */
const crashes: Readonly<Record<string, (harness: QueueCrashHarness, moment: Moment) => void>> = {
  'one function': (_, { process }) => process?.die('Runtime.ExitError'),
  'the whole execution': (harness, { executionId = '' }) => harness.kill(executionId),
};

/** The functions whose effects change the queue. */
const queueFunctions: readonly (string | undefined)[] = [
  'OpenSession',
  'RecordOutcome',
  dispatcher,
];

async function pointsOf(scenario: Scenario): Promise<QueuePoint[]> {
  const harness = await openQueueCrashHarness();
  let moments: Moment[] = [];
  await scenario(harness, () => {
    moments = recordMoments(harness);
  });
  const during = moments.filter(({ functionName }) => queueFunctions.includes(functionName));
  await bringToRest(harness);
  expect(await brokenInQueue(harness)).toEqual([]);
  return during;
}

async function crashAt(scenario: Scenario, point: QueuePoint, kill: (typeof crashes)[string]) {
  const harness = await openQueueCrashHarness();
  let isReached = false;
  harness.listeners.add((moment) => {
    if (!isAt(point, moment)) return;
    isReached = true;
    kill(harness, moment);
  });
  await scenario(harness, () => {});
  await bringToRest(harness);
  const broken = await brokenInQueue(harness);
  if (!isReached) broken.push('the point was not reached');
  return broken.map((what) => `${point.when} ${point.index} ${point.name}: ${what}`);
}

beforeEach(fakeTime);
beforeEach(shortStacks);
afterEach(restoreTime);

describe.each(Object.entries(scenarios))('%s', (what, scenario) => {
  it.each(Object.entries(crashes))(
    'loses and duplicates nothing after a crash of %s',
    async (killed, kill) => {
      const isOneFunction = killed === 'one function';
      const points = (await pointsOf(scenario)).filter(
        ({ executionId }) => isOneFunction || executionId,
      );
      const broken: string[] = [];
      for (const point of points) broken.push(...(await crashAt(scenario, point, kill)));
      console.log(`${what}, ${killed}: ${points.length} points, ${broken.length} broken promises`);
      expect(points.length).toBeGreaterThan(2);
      expect(broken).toEqual([]);
    },
  );
});
