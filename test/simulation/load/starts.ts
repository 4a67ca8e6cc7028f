import type { Priority } from '#src/core/queue/queue.ts';
import { sdkCrc } from '../../doubles/sdk-crc.ts';
import { crcAlgorithms, type PutOptions } from './objects.ts';
import { planOperators } from './operators.ts';
import { buckets, type World } from './simulation.ts';

/** A planned start: its time after the begin of the run, in ms, and its input. */
interface Start {
  readonly at: number;
  readonly input: unknown;
}

const minuteMs = 60_000;

/**
 * Puts the objects of a run and plans its starts: events, possibly duplicated and out of order, and
 * manual starts. An object that is overwritten later has its own event.
 */
export async function planStarts(world: World): Promise<void> {
  const { chance, mishaps, objects, executions } = world;
  const count = chance.pick([1, 1, 1, 1, 2, 2, 2, 3, 4]);
  const starts: Start[] = [];
  for (let n = 1; n <= count; n++) starts.push(...(await oneObject(world, n)));
  if (chance.hits(0.05)) starts.push({ at: 0, input: { bucket: buckets.plain, key: 'none.mp4' } });
  if (chance.hits(0.03)) starts.push({ at: 0, input: { bucket: 'strange', key: 'a.mp4' } });
  if (mishaps.strikes('burst of objects')) starts.push(...burst(world, count));
  for (const { at, input } of starts) plan(world, at, input);
  planOperators(world);
  world.onEnd = (id) => {
    const soonMs = chance.pick([50, 500, 3_000, 30_000]);
    if (chance.hits(0.5)) plan(world, chance.between(1, soonMs), executions.all.get(id)?.input);
    if (!mishaps.strikes('execution redriven')) return;
    const laterMs = chance.pick([50, 5_000, 5 * minuteMs, 30 * minuteMs]);
    later(world, chance.between(1, laterMs), () => executions.redrive(id));
  };
  world.onChange = (how, reference) => {
    if (how === 'delete') return objects.delete(reference);
    const isVersioned = reference.bucket === buckets.versioned;
    const old = objects.contents.findLast(({ object }) => object.key === reference.key);
    const size = chance.hits(0.6) ? (old?.bytes.length ?? 1) : chance.between(1, 2_000);
    const { object } = objects.put(reference, bytesOf(world, size), {
      isVersioned,
      isEncrypted: false,
    });
    plan(world, chance.between(10, 5_000), eventOf(object));
    if (mishaps.strikes('start duplicated'))
      plan(world, chance.between(10, 90_000), eventOf(object));
  };
}

function plan(world: World, at: number, input: unknown): void {
  later(world, at, () => void world.executions.start(input));
}

/** Schedules a task. The run does not end before the task ran. */
export function later({ executions }: World, afterMs: number, task: () => void): void {
  executions.pending++;
  setTimeout(() => {
    executions.pending--;
    task();
  }, afterMs);
}

async function oneObject(world: World, n: number): Promise<Start[]> {
  const { chance, mishaps, objects } = world;
  const isVersioned = chance.hits(0.4);
  const bytes = bytesOf(world, sizeOf(world));
  const options: PutOptions = {
    isVersioned,
    isEncrypted: chance.hits(0.2),
    checksum: chance.hits(0.4) ? await checksumOf(world, bytes) : undefined,
  };
  const bucket = isVersioned ? buckets.versioned : buckets.plain;
  const isNull = isVersioned && mishaps.strikes('null version');
  const { object } = objects.put({ bucket, key: `film ${n}.mp4` }, bytes, { ...options, isNull });
  const { key, versionId } = object;
  if (isNull) {
    const laterMs = chance.pick([0, minuteMs, 10 * minuteMs]);
    later(world, laterMs, () => world.onChange('overwrite', { bucket, key }));
  }
  const starts = [{ at: chance.between(0, 2 * minuteMs), input: eventOf(object) as unknown }];
  if (mishaps.strikes('start duplicated') || chance.hits(0.2))
    starts.push({ at: chance.between(0, 10 * minuteMs), input: eventOf(object) });
  if (chance.hits(0.25))
    starts.push({ at: chance.between(0, 60 * minuteMs), input: { bucket, key, versionId } });
  if (chance.hits(0.08))
    starts.push({ at: chance.between(0, 30 * minuteMs), input: { bucket, key, force: true } });
  return starts;
}

/** Returns starts of more objects than slots within one minute: events and a manual backfill. */
function burst(world: World, others: number): Start[] {
  const { queueChance: chance, objects } = world;
  const drawn = { ...world, chance };
  return Array.from({ length: chance.between(4, 9) }, (_, i): Start => {
    const reference = { bucket: buckets.plain, key: `film ${others + i + 1}.mp4` };
    const bytes = bytesOf(drawn, sizeOf(drawn));
    const { object } = objects.put(reference, bytes, { isVersioned: false, isEncrypted: false });
    const priority: Priority = 'backfill';
    const input = chance.hits(0.5) ? eventOf(object) : { ...reference, priority };
    return { at: chance.between(0, minuteMs), input };
  });
}

/** Draws a size: mostly a few chunks, sometimes more than one range. */
function sizeOf({ chance, service }: World): number {
  const chunkBytes = service.context.switches.chunkSizeBytes as number;
  const chunks = chance.hits(0.08) ? chance.between(45, 58) : chance.between(1, 9);
  return Math.max(1, chunks * chunkBytes - chance.pick([0, 0, 1, chunkBytes - 1, 40]));
}

function bytesOf({ chance }: World, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE(chance.random() * 2 ** 32, at);
  bytes[sizeBytes - 1] = chance.between(1, 255);
  return bytes;
}

async function checksumOf({ chance }: World, bytes: Buffer) {
  const algorithm = chance.pick(crcAlgorithms);
  const crc = await sdkCrc(algorithm);
  crc.update(bytes);
  return { algorithm, value: await crc.digest() };
}

/** Returns S3's event of an object, as EventBridge delivers it. */
function eventOf(object: {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly etag: string;
  readonly sizeBytes: number;
}): object {
  const { bucket, key, versionId, etag, sizeBytes } = object;
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: {
      bucket: { name: bucket },
      object: { key, etag, size: sizeBytes, ...(versionId && { 'version-id': versionId }) },
    },
  };
}
