import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Clock } from '#src/core/ports/clock.ts';
import {
  type Meter,
  type MetricName,
  metricCatalogue,
  metricNamespace,
} from '#src/core/shared-with-infra/metrics.ts';
import type { Container, Part } from './container.ts';

/** Measurements in memory, until `flush` writes them. */
export interface EmfMeter extends Meter {
  /** Writes the measurements since the last flush, or nothing if there are none. Never fails. */
  flush(): void;
}

/** A call of minutes reports while it runs, and a killed call loses at most a minute. */
const flushEveryMs = 60_000;

/** CloudWatch bills each value of a dimension, and a service chooses its own host names. */
const maxDimensionValues = 100;

/** Replaces all values beyond those. */
const otherValues = 'other';

const emfMeter: Part<EmfMeter> = {
  survivesReset: true,
  build: ({ clock, serviceName }) => createEmfMeter(clock, serviceName),
};

/** Returns the meter of a sandbox. It writes to standard output in CloudWatch's embedded metric format. */
export function meterOf(container: Container): Meter {
  return container.override('meter') ?? container.get(emfMeter);
}

/** Writes what a call measured. Call it when the call ends. An overriding meter has no buffer. */
export function flushMeter(container: Container): void {
  if (!container.override('meter')) container.get(emfMeter).flush();
}

/**
 * Creates a meter over Powertools. It keeps each value of a metric without dimension, for percentiles
 * (Powertools writes by itself at 100 values). It sums a metric with a dimension by value and flush.
 * @param service - the value of the dimension that all metrics have
 */
export function createEmfMeter(clock: Pick<Clock, 'now'>, service: string): EmfMeter {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: service });
  const sums = new Map<MetricName, Map<string, number>>();
  const known = new Map<MetricName, Set<string>>();
  let flushedAt = clock.now();

  function flush(): void {
    flushedAt = clock.now();
    for (const [metric, sumByValue] of sums) writeSums(metrics, metric, sumByValue);
    sums.clear();
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }

  return {
    add(metric, value, dimensionValue) {
      if (!Number.isFinite(value)) return;
      if ('dimension' in metricCatalogue[metric])
        addTo(sums, metric, boundedValue(known, metric, dimensionValue || 'unknown'), value);
      else metrics.addMetric(metric, unitOf(metric), value);
      if (clock.now() - flushedAt >= flushEveryMs) flush();
    },
    flush,
  };
}

/** Writes one line for each value: CloudWatch takes one value of a dimension from a line. */
function writeSums(metrics: Metrics, metric: MetricName, sumByValue: ReadonlyMap<string, number>) {
  const entry = metricCatalogue[metric];
  if (!('dimension' in entry)) return;
  for (const [value, sum] of sumByValue) {
    metrics
      .singleMetric()
      .addDimension(entry.dimension, value)
      .addMetric(metric, unitOf(metric), sum);
  }
}

/** Returns the value, or `other` once the sandbox has met too many values of the metric. */
function boundedValue(
  known: Map<MetricName, Set<string>>,
  metric: MetricName,
  value: string,
): string {
  const values = known.get(metric) ?? new Set<string>();
  if (!values.has(value) && values.size >= maxDimensionValues) return otherValues;
  known.set(metric, values.add(value));
  return value;
}

function addTo(
  sums: Map<MetricName, Map<string, number>>,
  metric: MetricName,
  dimensionValue: string,
  value: number,
): void {
  const sumByValue = sums.get(metric) ?? new Map<string, number>();
  sums.set(metric, sumByValue.set(dimensionValue, (sumByValue.get(dimensionValue) ?? 0) + value));
}

function unitOf(metric: MetricName): (typeof MetricUnit)[keyof typeof MetricUnit] {
  return metricCatalogue[metric].unit;
}
