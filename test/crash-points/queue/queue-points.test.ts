import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dispatcher } from '../../harness/sandbox.ts';
import { fakeTime, giveTimeBack, inTime } from '../../harness/fake-time.ts';
import type { Moment } from '../support/moments.ts';
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

/** What happens around the queue; a crash may strike after `watch` was called. */
type Story = (world: QueueWorld, watch: () => void) => Promise<void>;

/** Starts the first film and holds it where it begins to send. */
async function holdFirstSend(world: QueueWorld): Promise<ReturnType<typeof holdAt>> {
  const first = world.start(films.first);
  const isSending = ({ executionId, name }: Moment) =>
    executionId === first.executionArn && name === 'lambda SendChunks';
  const held = holdAt(world, isSending);
  await inTime(held.reached);
  return held;
}

const stories: Readonly<Record<string, Story>> = {
  'a transfer that joins the queue, is dispatched and taken': async (world, watch) => {
    const held = await holdFirstSend(world);
    watch();
    await inTime(world.startByEvent(films.second).result);
    held.goOn();
    await inTime(world.ended());
  },
  'a pause with two starts, and a resume': async (world, watch) => {
    watch();
    await inTime(world.command({ command: 'pause' }));
    for (const film of Object.values(films)) await inTime(world.startByEvent(film).result);
    await inTime(world.command({ command: 'resume' }));
    await inTime(world.dispatch());
    await inTime(world.ended());
  },
  'a pause that stops a transfer under way': async (world, watch) => {
    const held = await holdFirstSend(world);
    watch();
    await inTime(world.command({ command: 'pause', underWay: 'stop' }));
    held.goOn();
    await inTime(world.ended());
    await inTime(world.command({ command: 'resume' }));
    await inTime(world.dispatch());
    await inTime(world.ended());
  },
  'a cancel of a queued transfer': async (world, watch) => {
    await inTime(world.command({ command: 'pause' }));
    await inTime(world.startByEvent(films.second).result);
    await inTime(world.command({ command: 'resume' }));
    const { transferId } = (await world.rowOf(films.second)) ?? {};
    watch();
    await inTime(world.command({ command: 'cancel', transferId }));
    await inTime(world.startByEvent(films.second).result);
  },
  'a cancel of a transfer that sends': async (world, watch) => {
    const held = await holdFirstSend(world);
    const { transferId } = (await world.rowOf(films.first)) ?? {};
    watch();
    await inTime(world.command({ command: 'cancel', transferId }));
    held.goOn();
    await inTime(world.ended());
  },
};

/** What dies at a point. */
const deaths: Readonly<Record<string, (world: QueueWorld, moment: Moment) => void>> = {
  'one function': (_, { process }) => process?.die('Runtime.ExitError'),
  'the whole execution': (world, { executionId = '' }) => world.kill(executionId),
};

const isWhole = process.env.CRASH_POINTS === 'all';

/** Of each kind of moment the first and the last (CRASH_POINTS=all: every point). */
function ofEachKind(points: readonly QueuePoint[]): QueuePoint[] {
  const kinds = Map.groupBy(
    points,
    ({ when, functionName, name }) => `${when} ${functionName} ${name}`,
  );
  const chosen = [...kinds.values()].flatMap((same) => [same.at(0), same.at(-1)]);
  return points.filter((point) => chosen.includes(point));
}

/** Functions whose effects change the queue. */
const queueFunctions: readonly (string | undefined)[] = [
  'OpenSession',
  'RecordOutcome',
  dispatcher,
];

async function pointsOf(story: Story): Promise<QueuePoint[]> {
  const world = await openQueueWorld();
  let moments: Moment[] = [];
  await story(world, () => {
    moments = recordMoments(world);
  });
  const during = moments.filter(({ functionName }) => queueFunctions.includes(functionName));
  await bringToRest(world);
  expect(await brokenInQueue(world)).toEqual([]);
  return isWhole ? during : ofEachKind(during);
}

async function crashAt(story: Story, point: QueuePoint, die: (typeof deaths)[string]) {
  const world = await openQueueWorld();
  let isReached = false;
  world.meets.add((moment) => {
    if (!isPoint(point, moment)) return;
    isReached = true;
    die(world, moment);
  });
  await story(world, () => {});
  await bringToRest(world);
  const broken = await brokenInQueue(world);
  if (!isReached) broken.push('the point was not reached');
  return broken.map((what) => `${point.when} ${point.index} ${point.name}: ${what}`);
}

describe.each(Object.entries(stories))('%s', (what, story) => {
  it.each(Object.entries(deaths))(
    'loses nothing and doubles nothing, wherever death takes %s',
    async (who, die) => {
      const all = await pointsOf(story);
      const isOneFunction = who === 'one function';
      const points = all.filter(({ executionId }) => isOneFunction || executionId);
      const broken: string[] = [];
      for (const point of points) broken.push(...(await crashAt(story, point, die)));
      console.log(`${what}, ${who}: ${points.length} points, ${broken.length} broken promises`);
      expect(broken).toEqual([]);
    },
  );
});
