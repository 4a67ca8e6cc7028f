import { expect, vi } from 'vitest';
import type { Fault } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { WireHarness } from '../../harness/wire-harness.ts';
import { type Film, inputOf } from '../../harness/wire-harness.ts';
import { canarySearch, textOf } from './search.ts';
import { startTraceDaemon } from './trace-daemon.ts';

/**
 * Moves films through a harness as Lambda would see it, with faults, and gives everything that was told
 * to anybody: the log, metrics and traces, the history, rows, events and endings.
 */
export async function everythingTold(
  harness: WireHarness,
  films: readonly Film[],
  faults: readonly Fault[],
): Promise<string> {
  const told: unknown[] = [];
  const keep = (value: unknown) => void told.push(value);
  const daemon = await startTraceDaemon();
  const restore = asInLambda(daemon.environment, keep);
  // Without a log and a meter of the test's own the functions write where Lambda reads.
  harness.pipeline.setOverrides({ clock: harness.clock });
  harness.service.faults.add(...faults);
  try {
    for (const film of films)
      keep(await harness.run(inputOf(film), { onEvent: keep, onInvocation: keep }));
  } finally {
    restore();
    daemon.close();
  }
  countLines(
    told.filter((line) => typeof line === 'string'),
    daemon.heard,
  );
  return textOf([told, daemon.heard, await harness.rows(), harness.emulators.eventBridge.entries]);
}

/** Calls are sampled, and what is written to the streams is kept. */
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

/** All kinds of lines are there to be searched. */
function countLines(lines: readonly string[], traces: readonly string[]): void {
  const metrics = lines.filter((line) => line.includes('"CloudWatchMetrics"'));
  const logged = lines.filter((line) => !metrics.includes(line));
  for (const line of logged) canarySearch.searchText('log lines', line);
  for (const line of metrics) canarySearch.searchText('metrics', line);
  for (const subsegment of traces) canarySearch.searchText('traces', subsegment);
  for (const kind of [metrics, logged, traces]) expect(kind.length).toBeGreaterThan(0);
}
