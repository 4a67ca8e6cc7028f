import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { createEmfMeter } from '#functions/runtime/meter.ts';
import {
  deploymentDimension,
  type MetricName,
  metricCatalogue,
} from '#src/core/shared-with-infra/metrics.ts';
import { ManualClock } from '../harness/clock.ts';

/** One line in CloudWatch's embedded metric format. */
interface Line extends Readonly<Record<string, unknown>> {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
}

let out: MockInstance<typeof process.stdout.write>;

beforeEach(() => {
  out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(() => vi.restoreAllMocks());

/** Returns the printed lines. */
function lines(): Line[] {
  const text = out.mock.calls.map(([chunk]) => String(chunk)).join('');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

function meterAt(clock = new ManualClock()) {
  return { clock, meter: createEmfMeter(clock, 'ferry-1') };
}

describe('a flush', () => {
  it('prints nothing without measurements', () => {
    const { meter } = meterAt();
    meter.flush();
    meter.flush();
    expect(lines()).toEqual([]);
  });

  it('prints metrics without a dimension as one line of this deployment', () => {
    const { meter } = meterAt();
    meter.add('BytesSent', 100);
    meter.add('TimeToReady', 7);
    expect(lines()).toEqual([]);
    meter.flush();
    const [line, ...more] = lines();
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      [deploymentDimension]: 'ferry-1',
      BytesSent: 100,
      TimeToReady: 7,
    });
    expect(line?._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'Chunkferry',
        Dimensions: [[deploymentDimension]],
        Metrics: [
          { Name: 'BytesSent', Unit: 'Bytes' },
          { Name: 'TimeToReady', Unit: 'Seconds' },
        ],
      },
    ]);
  });

  it('prints each value of a metric without dimension, for percentiles', () => {
    const { meter } = meterAt();
    for (const ms of [30, 10, 20]) meter.add('ChunkLatency', ms);
    meter.flush();
    expect(lines()).toMatchObject([{ ChunkLatency: [30, 10, 20] }]);
  });

  it('sums a metric with a dimension, in one line for each of its values', () => {
    const { meter } = meterAt();
    for (const cause of ['NetworkError', 'ThrottledError', 'NetworkError']) {
      meter.add('Retries', 1, cause);
    }
    meter.flush();
    expect(lines()).toMatchObject([
      { service: 'ferry-1', Cause: 'NetworkError', Retries: 2 },
      { service: 'ferry-1', Cause: 'ThrottledError', Retries: 1 },
    ]);
    for (const { _aws } of lines()) {
      expect(_aws.CloudWatchMetrics[0]).toMatchObject({
        Namespace: 'Chunkferry',
        Dimensions: [[deploymentDimension, 'Cause']],
        Metrics: [{ Name: 'Retries', Unit: 'Count' }],
      });
    }
  });

  it('prints each measurement once', () => {
    const { meter } = meterAt();
    meter.add('ChunksSent', 1);
    meter.add('ChunksToHost', 1, 'bucket.s3.eu-west-1.amazonaws.com');
    meter.flush();
    const printed = lines().length;
    meter.flush();
    expect(lines()).toHaveLength(printed);
  });
});

describe('a measurement', () => {
  it.each(Object.keys(metricCatalogue) as MetricName[])('%s is written in its unit', (name) => {
    const { meter } = meterAt();
    meter.add(name, 1, 'value');
    meter.flush();
    const { unit } = metricCatalogue[name];
    expect(lines()[0]?._aws.CloudWatchMetrics[0]?.Metrics).toEqual([{ Name: name, Unit: unit }]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('of %d is not printed', (value) => {
    const { meter } = meterAt();
    meter.add('Throughput', value);
    meter.flush();
    expect(lines()).toEqual([]);
  });

  it.each([undefined, ''])('with the dimension value %j counts as unknown', (by) => {
    const { meter } = meterAt();
    meter.add('FailuresByError', 1, by);
    meter.flush();
    expect(lines()).toMatchObject([{ Error: 'unknown', FailuresByError: 1 }]);
  });

  it('a minute after the last line is printed with all earlier ones', () => {
    const { clock, meter } = meterAt();
    meter.add('BytesSent', 1);
    clock.advance(59_999);
    meter.add('BytesSent', 2);
    expect(lines()).toEqual([]);
    clock.advance(1);
    meter.add('BytesSent', 3);
    expect(lines()).toMatchObject([{ BytesSent: [1, 2, 3] }]);
  });

  it('is printed, even among hundreds', () => {
    const { meter } = meterAt();
    for (let i = 0; i < 250; i++) meter.add('ChunkLatency', i);
    meter.flush();
    const values = lines().flatMap(({ ChunkLatency }) => ChunkLatency as number[]);
    expect(values).toEqual(Array.from({ length: 250 }, (_, i) => i));
  });
});

it('a dimension with external names has a hundred values, and one for the rest', () => {
  const { meter } = meterAt();
  for (let host = 1; host <= 130; host++) {
    meter.add('ChunksToHost', 1, `h${host}.example`);
    meter.flush();
  }
  meter.add('ChunksToHost', 1, 'h1.example');
  meter.flush();
  const hosts = lines().map((line) => line[metricCatalogue.ChunksToHost.dimension]);
  expect(new Set(hosts).size).toBe(101);
  expect(hosts.filter((host) => host === 'other')).toHaveLength(30);
  expect(hosts.at(-1)).toBe('h1.example');
});
