import Table from 'cli-table3';
import { assumptions } from '../model/assumptions.ts';
import { sizes } from '../model/objects.ts';
import type { ScaleReport } from '../run/run-scale.ts';
import { peakBounds } from './bounds.ts';
import { constantMeasures, detailMeasures } from './measures.ts';
import { fairnessOf, timesToReady } from './waits.ts';

const MiB = 1024 * 1024;

/** Says what is real and what is modelled. */
export function headText(): string {
  const { leastMiB, mostMiB, largeMiB, ofEach } = sizes;
  const { chunkBytes, sendBytesPerSecond, arrivalsPerSecond, processingMs } = assumptions;
  return [
    `Objects: ${ofEach - 1} of ${ofEach} from ${leastMiB} to ${mostMiB} MiB, one of ${largeMiB / 1024} GiB, ${arrivalsPerSecond} arrivals a second.`,
    'Real: the deployed definition, all handlers, steps, dispatcher, reconciler, rate limits, and every chunk.',
    `Modelled: time; bytes (a chunk of ${chunkBytes / MiB} MiB is one token); a function sends ${sendBytesPerSecond / 1e6} MB/s;`,
    `S3, table and service in memory, with drawn times; an asset is ready after ${processingMs.map((ms) => ms / 1000).join(' to ')} s.`,
    'No faults, no cold starts, no other calls of the account. A ready transfer is dropped a minute later.',
  ].join('\n');
}

export function scaleTables(reports: readonly ScaleReport[]): string {
  return [objectTable(reports), loadTable(reports)].join('\n');
}

function objectTable(reports: readonly ScaleReport[]): string {
  const table = newTable('for each object', reports);
  for (const { name, of, digits } of [...constantMeasures, ...detailMeasures])
    table.push([name, ...reports.map((report) => of(report).toFixed(digits))]);
  return table.toString();
}

function loadTable(reports: readonly ScaleReport[]): string {
  const table = newTable('of the load', reports);
  const row = (name: string, of: (report: ScaleReport) => string) =>
    table.push([name, ...reports.map(of)]);
  for (const [index, { name }] of peakBounds(reports[0] as ScaleReport).entries())
    row(`most ${name}, of`, (report) => peakText(report, index));
  row('most queued objects', ({ peaks }) => whole(peaks.queued.most));
  row('most transitions of one execution', ({ peaks }) =>
    whole(peaks.transitionsOfOneExecution.most),
  );
  for (const name of ['p50', 'p95', 'p99', 'most'] as const)
    row(`${name} of the time to ready, minutes`, (report) => minutes(timesToReady(report)[name]));
  row('worst wait in fair waits', (report) => fairnessOf(report).worst.toFixed(2));
  row('the same by position alone', (report) => fairnessOf(report).worstByPosition.toFixed(2));
  row('objects a second', ({ throughput }) => throughput.toFixed(2));
  row('virtual hours', ({ virtualSeconds }) => (virtualSeconds / 3600).toFixed(2));
  row('CPU seconds of this process', ({ cpuSeconds }) => whole(cpuSeconds));
  row('peak RSS of this process, MiB', ({ peakRssMiB }) => whole(peakRssMiB));
  return table.toString();
}

function peakText(report: ScaleReport, index: number): string {
  const { peak, bound } = peakBounds(report)[index] ?? {};
  return `${whole(peak?.most ?? 0)} / ${whole(bound ?? 0)}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function minutes(seconds: number): string {
  return (seconds / 60).toFixed(1);
}

function newTable(title: string, reports: readonly ScaleReport[]) {
  const head = [title, ...reports.map(({ load }) => load.objects.toLocaleString('en-US'))];
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
