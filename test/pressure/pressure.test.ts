import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPipeline, type Pipeline } from '#local/pipeline.ts';
import type { ExecutionHandle, ExecutionResult } from '#local/state-machine/run.ts';
import { crowdBucket, openCrowd, putObject } from './crowd.ts';

const objects = 2_000;
const maxActiveTransfers = 20;

let pipeline: Pipeline;
beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) }));
afterEach(async () => {
  await pipeline.close();
  vi.useRealTimers();
});

/** Lets virtual time pass until all have ended; 36 hours are enough for anything here. */
async function allEnded(handles: readonly ExecutionHandle[]): Promise<ExecutionResult[]> {
  const results = Promise.all(handles.map(({ result }) => result));
  for (let second = 0; second < 36 * 3600; second += 5) {
    if (handles.every(({ status }) => status() !== 'RUNNING')) return results;
    await vi.advanceTimersByTimeAsync(5_000);
  }
  throw new Error('some executions never ended');
}

/** Twenty a second, as events come. */
async function startOneByOne(keys: readonly string[], start: (key: string) => ExecutionHandle) {
  const handles: ExecutionHandle[] = [];
  for (const key of keys) {
    handles.push(start(key));
    await vi.advanceTimersByTimeAsync(50);
  }
  return handles;
}

describe('two thousand objects that land at once', () => {
  it('wait their turn in order of arrival, and each becomes one asset', {
    timeout: 300_000,
  }, async () => {
    const crowd = openCrowd(1, { maxActiveTransfers, maxSendConcurrency: 40 });
    const { ports, service, watch, events, random } = crowd;
    pipeline = openPipeline({
      buckets: [crowdBucket],
      environment: {},
      given: {
        ...ports,
        executions: {
          statusOf: async (id) => (pipeline.statusOf(id) === 'RUNNING' ? 'running' : 'ended'),
          endOf: async () => ({ status: 'unknown' }),
        },
      },
    });
    const keys = Array.from({ length: objects }, (_, i) => `film ${i}.mp4`);
    const digests = new Map(keys.map((key) => [key, putObject(crowd, key)]));
    const transferOf = (handle?: ExecutionHandle) =>
      ports.store?.transferOfExecution(handle?.executionArn ?? '');
    const start = (key: string) => pipeline.start({ bucket: crowdBucket, key });
    const handles = keys.map(start);

    const doomed = keys.filter(() => random() < 0.02);
    for (const key of doomed) {
      await vi.advanceTimersByTimeAsync(random() * 20_000);
      handles[keys.indexOf(key)]?.kill();
      watch.active.delete(key);
    }
    await allEnded(handles);
    const again = await allEnded(await startOneByOne(keys, start));

    const ready = again.map(({ output }) => output as Record<string, unknown>);
    expect(ready.map(({ status }) => status)).not.toContain('failed');
    const held = await Promise.all(
      ready.map(({ assetId }) => service.storedSha256(String(assetId))),
    );
    expect(held).toEqual(keys.map((key) => digests.get(key)));
    expect(service.assetIds()).toHaveLength(objects);
    expect(events.outcomes.filter(({ type }) => type === 'Transfer Ready')).toHaveLength(objects);
    expect(watch.mostActive).toBeLessThanOrEqual(maxActiveTransfers);
    expect(watch.throttled).toBeGreaterThan(20);
    expect(watch.rude).toBe(0);
    const dead = new Set(
      await Promise.all(doomed.map((key) => transferOf(handles[keys.indexOf(key)]))),
    );
    const order = [...watch.started].filter(([id]) => !dead.has(id)).map(([, number]) => number);
    const overtaken = order.filter((number, i) =>
      order.slice(i + 1).some((later) => later <= number - maxActiveTransfers),
    );
    expect(overtaken).toEqual([]);
  });
});
