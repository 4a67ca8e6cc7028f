import type { Priority } from '#src/core/queue/queue.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { hex } from '../../doubles/destinations/service.ts';
import { checksumOf, type MemorySource } from '../../doubles/memory/memory-source.ts';
import { planOperators } from './operators.ts';
import { buckets, type Simulation } from './simulation.ts';

/** A planned start: its time after the begin of the run, in ms, and its input. */
interface Start {
  readonly at: number;
  readonly input: unknown;
}

const minuteMs = 60_000;

/** The algorithms whose full-object checksum can be combined from chunks. */
const crcs = ['CRC64NVME', 'CRC32', 'CRC32C'] as const;

/**
 * Puts the objects of a run and plans its starts: events, possibly duplicated and out of order, and
 * manual starts. An object that is overwritten later has its own event.
 */
export async function planStarts(simulation: Simulation): Promise<void> {
  const { chance, faults, objects, executions } = simulation;
  const count = chance.pick([1, 1, 1, 1, 2, 2, 2, 3, 4]);
  const starts: Start[] = [];
  for (let n = 1; n <= count; n++) starts.push(...(await oneObject(simulation, n)));
  if (chance.hits(0.05)) starts.push({ at: 0, input: { bucket: buckets.plain, key: 'none.mp4' } });
  if (chance.hits(0.03)) starts.push({ at: 0, input: { bucket: 'strange', key: 'a.mp4' } });
  if (faults.strikes('burst of objects')) starts.push(...burst(simulation, count));
  for (const { at, input } of starts) plan(simulation, at, input);
  planOperators(simulation);
  simulation.onEnd = (id) => {
    const soonMs = chance.pick([50, 500, 3_000, 30_000]);
    if (chance.hits(0.5))
      plan(simulation, chance.between(1, soonMs), executions.all.get(id)?.input);
    if (!faults.strikes('execution redriven')) return;
    const laterMs = chance.pick([50, 5_000, 5 * minuteMs, 30 * minuteMs]);
    later(simulation, chance.between(1, laterMs), () => executions.redrive(id));
  };
  simulation.onChange = (how, reference) => {
    if (how === 'delete') return objects.delete(reference);
    const versionId = reference.bucket === buckets.versioned ? nextVersion(objects) : undefined;
    const old = objects.contents.findLast(({ object }) => object.key === reference.key);
    const size = chance.hits(0.6) ? (old?.bytes.length ?? 1) : chance.between(1, 2_000);
    const object = objects.put({ ...reference, versionId }, bytesOf(simulation, size));
    plan(simulation, chance.between(10, 5_000), eventOf(object));
    if (faults.strikes('start duplicated'))
      plan(simulation, chance.between(10, 90_000), eventOf(object));
  };
}

function plan(simulation: Simulation, at: number, input: unknown): void {
  later(simulation, at, () => void simulation.executions.start(input));
}

/** Schedules a task. The run does not end before the task ran. */
export function later({ executions }: Simulation, afterMs: number, task: () => void): void {
  executions.pending++;
  setTimeout(() => {
    executions.pending--;
    task();
  }, afterMs);
}

async function oneObject(simulation: Simulation, n: number): Promise<Start[]> {
  const { chance, faults, objects } = simulation;
  const isVersioned = chance.hits(0.4);
  const bytes = bytesOf(simulation, sizeOf(simulation));
  const isEncrypted = chance.hits(0.2);
  const checksum = chance.hits(0.4) ? await checksumOf(chance.pick(crcs), bytes) : undefined;
  const bucket = isVersioned ? buckets.versioned : buckets.plain;
  const isNull = isVersioned && faults.strikes('null version');
  const versionId = isNull ? 'null' : isVersioned ? nextVersion(objects) : undefined;
  // As under SSE-KMS: the ETag is not an MD5.
  const etag = isEncrypted ? hex('md5', Buffer.from(String(chance.random()))) : hex('md5', bytes);
  const object = objects.put({ bucket, key: `film ${n}.mp4`, versionId }, bytes, {
    etag,
    checksum,
  });
  const { key } = object;
  if (isNull) {
    const laterMs = chance.pick([0, minuteMs, 10 * minuteMs]);
    later(simulation, laterMs, () => simulation.onChange('overwrite', { bucket, key }));
  }
  const starts = [{ at: chance.between(0, 2 * minuteMs), input: eventOf(object) as unknown }];
  if (faults.strikes('start duplicated') || chance.hits(0.2))
    starts.push({ at: chance.between(0, 10 * minuteMs), input: eventOf(object) });
  if (chance.hits(0.25))
    starts.push({ at: chance.between(0, 60 * minuteMs), input: { bucket, key, versionId } });
  if (chance.hits(0.08))
    starts.push({ at: chance.between(0, 30 * minuteMs), input: { bucket, key, force: true } });
  return starts;
}

/** Returns starts of more objects than slots within one minute: events and a manual backfill. */
function burst(simulation: Simulation, others: number): Start[] {
  const { queueChance: chance, objects } = simulation;
  const drawn = { ...simulation, chance };
  return Array.from({ length: chance.between(4, 9) }, (_, i): Start => {
    const reference = { bucket: buckets.plain, key: `film ${others + i + 1}.mp4` };
    const bytes = bytesOf(drawn, sizeOf(drawn));
    const object = objects.put(reference, bytes);
    const priority: Priority = 'backfill';
    const input = chance.hits(0.5) ? eventOf(object) : { ...reference, priority };
    return { at: chance.between(0, minuteMs), input };
  });
}

/** Draws a size: mostly a few chunks, sometimes more than one range. */
function sizeOf({ chance, service }: Simulation): number {
  const chunkBytes = service.context.switches.chunkSizeBytes as number;
  const chunks = chance.hits(0.08) ? chance.between(45, 58) : chance.between(1, 9);
  return Math.max(1, chunks * chunkBytes - chance.pick([0, 0, 1, chunkBytes - 1, 40]));
}

function bytesOf({ chance }: Simulation, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE(chance.random() * 2 ** 32, at);
  bytes[sizeBytes - 1] = chance.between(1, 255);
  return bytes;
}

/** Returns the id of a new version: unique in a run. */
function nextVersion({ contents }: MemorySource): string {
  return `v${1 + contents.length}`;
}

/** Returns S3's event of an object, as EventBridge delivers it. */
function eventOf({ bucket, key, versionId, etag, sizeBytes }: SourceObject): object {
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: {
      bucket: { name: bucket },
      object: { key, etag, size: sizeBytes, ...(versionId && { 'version-id': versionId }) },
    },
  };
}
