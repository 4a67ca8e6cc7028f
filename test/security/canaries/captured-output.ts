import { expect, vi } from 'vitest';
import type { Fault } from '#local/simulators/twelvelabs/faults/faults.ts';
import { type Film, inputOf, type WireHarness } from '../../harness/wire-harness.ts';
import { canarySearch, textOf } from './search.ts';
import { startTraceDaemon } from './trace-daemon.ts';

/**
 * Transfers films as in Lambda, with faults, and returns all output as text: log, metrics, traces,
 * history, rows, events and results.
 */
export async function captureOutput(
  harness: WireHarness,
  films: readonly Film[],
  faults: readonly Fault[],
): Promise<string> {
  const output: unknown[] = [];
  const keep = (value: unknown) => void output.push(value);
  const daemon = await startTraceDaemon();
  const restore = asInLambda(daemon.environment, keep);
  // Without overrides of log and meter, the functions write to the streams that Lambda reads.
  harness.pipeline.setOverrides({ clock: harness.clock });
  harness.service.faults.add(...faults);
  try {
    for (const film of films)
      keep(await harness.run(inputOf(film), { onEvent: keep, onInvocation: keep }));
  } finally {
    restore();
    daemon.close();
  }
  searchLines(
    output.filter((line) => typeof line === 'string'),
    daemon.received,
  );
  return textOf([output, daemon.received, await harness.rows(), harness.eventBridge.entries]);
}

/** Samples traces and captures the streams, as Lambda does. Returns a function that restores both. */
function asInLambda(environment: Readonly<Record<string, string>>, keep: (line: string) => void) {
  for (const [key, value] of Object.entries(environment)) vi.stubEnv(key, value);
  const streams = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((line) => {
      keep(String(line));
      return true;
    }),
  );
  return () => {
    for (const stream of streams) stream.mockRestore();
    vi.unstubAllEnvs();
  };
}

/** Searches the lines and expects some of each kind. */
function searchLines(lines: readonly string[], traces: readonly string[]): void {
  const metrics = lines.filter((line) => line.includes('"CloudWatchMetrics"'));
  const logged = lines.filter((line) => !metrics.includes(line));
  for (const line of logged) canarySearch.searchText('log lines', line);
  for (const line of metrics) canarySearch.searchText('metrics', line);
  for (const subsegment of traces) canarySearch.searchText('traces', subsegment);
  for (const kind of [metrics, logged, traces]) expect(kind.length).toBeGreaterThan(0);
}
