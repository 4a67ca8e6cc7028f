import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openPipeline, type Pipeline } from '#local/pipeline.ts';
import { crowdBucket, openCrowd, putObject } from './crowd.ts';

let pipeline: Pipeline;
beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) }));
afterEach(async () => {
  await pipeline.close();
  vi.useRealTimers();
});

it('brings all over', { timeout: 120_000 }, async () => {
  const crowd = openCrowd(1, { maxActiveTransfers: 3, maxSendConcurrency: 6 });
  const { ports, watch, service } = crowd;
  pipeline = openPipeline({
    buckets: [crowdBucket],
    environment: {},
    given: {
      ...ports,
      executions: {
        statusOf: async (id) => (pipeline.statusOf(id) === 'RUNNING' ? 'running' : 'ended'),
        endOf: async (id) => ({
          status: pipeline.statusOf(id) === 'RUNNING' ? 'running' : 'succeeded',
        }),
      },
    },
  });
  const keys = Array.from({ length: 20 }, (_, i) => `film ${i}.mp4`);
  for (const key of keys) putObject(crowd, key);
  const handles = keys.map((key) => pipeline.start({ bucket: crowdBucket, key }));
  await vi.advanceTimersByTimeAsync(3600_000);
  const results = await Promise.all(handles.map(({ result }) => result));
  console.log(
    results
      .map(({ output, status, error, cause }) => JSON.stringify([status, error, cause, output]))
      .join('\n')
      .slice(0, 6000),
  );
  console.log(watch.mostActive, [...watch.started.values()], service.assetIds().length);
  expect(service.assetIds()).toHaveLength(20);
});
