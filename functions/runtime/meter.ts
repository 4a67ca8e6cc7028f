import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Clock } from '#src/core/ports/clock.ts';
import {
  type Meter,
  type MetricName,
  metricCatalogue,
  metricNamespace,
} from '#src/core/stack/metrics.ts';
import { clock } from './clock.ts';
import { given, port } from './given.ts';
import { serviceName } from './log.ts';

/** Measurements that wait in memory until they are written. */
export interface EmfMeter extends Meter {
  /** Writes what was measured since the last time; nothing where nothing was. Never fails. */
  flush(): void;
}

/** A call of minutes shows while it goes on, and one that is killed loses a minute at most. */
const flushEveryMs = 60_000;

/** Each value of a dimension is a metric that is paid for, and a service names its hosts itself. */
const maxValues = 100;

/** Stands for all values beyond those. */
const otherValues = 'other';

let written: EmfMeter | undefined;

/** Writes to standard output in CloudWatch's embedded metric format, unless a meter is given. */
export const meter = () => port('meter', () => (written ??= createEmfMeter(clock(), serviceName)));

/** To be called when a call of a function ends, however it ends. A given meter is its giver's. */
export function flushMeter(): void {
  if (!given.meter) written?.flush();
}

/**
 * Makes a meter over Powertools. Values of a metric without a dimension are kept one by one, so that
 * percentiles can be told (Powertools writes by itself at 100 of them); a metric that is split
 * becomes one sum a flush for each value of its dimension.
 * @param service - the value of the dimension that all metrics have
 */
export function createEmfMeter(now: Pick<Clock, 'now'>, service: string): EmfMeter {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: service });
  const sums = new Map<MetricName, Map<string, number>>();
  const known = new Map<MetricName, Set<string>>();
  let flushedAt = now.now();

  function flush(): void {
    flushedAt = now.now();
    for (const [metric, split] of sums) writeSplit(metrics, metric, split);
    sums.clear();
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }

  return {
    add(metric, value, by) {
      if (!Number.isFinite(value)) return;
      if ('dimension' in metricCatalogue[metric])
        addTo(sums, metric, boundedValue(known, metric, by || 'unknown'), value);
      else metrics.addMetric(metric, unitOf(metric), value);
      if (now.now() - flushedAt >= flushEveryMs) flush();
    },
    flush,
  };
}

/** One line for each value: CloudWatch takes one value of a dimension from each. */
function writeSplit(metrics: Metrics, metric: MetricName, split: ReadonlyMap<string, number>) {
  const entry = metricCatalogue[metric];
  if (!('dimension' in entry)) return;
  for (const [by, sum] of split) {
    metrics.singleMetric().addDimension(entry.dimension, by).addMetric(metric, unitOf(metric), sum);
  }
}

/** The value itself while a sandbox has met few of them. */
function boundedValue(
  known: Map<MetricName, Set<string>>,
  metric: MetricName,
  value: string,
): string {
  const values = known.get(metric) ?? new Set<string>();
  if (!values.has(value) && values.size >= maxValues) return otherValues;
  known.set(metric, values.add(value));
  return value;
}

function addTo(
  sums: Map<MetricName, Map<string, number>>,
  metric: MetricName,
  by: string,
  value: number,
): void {
  const split = sums.get(metric) ?? new Map<string, number>();
  sums.set(metric, split.set(by, (split.get(by) ?? 0) + value));
}

function unitOf(metric: MetricName): (typeof MetricUnit)[keyof typeof MetricUnit] {
  return metricCatalogue[metric].unit;
}
