import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import { everyNth } from '../doubles/service-double.ts';
import type { Facts, ReportedHarness } from './reported-harness.ts';

/** Transfers a film of 1 KiB chunks. One chunk fails once. */
export function ingestTiny(
  harness: ReportedHarness,
  chunks: number,
  n: number,
  effect: FaultEffect,
): Promise<Facts> {
  harness.service.switches.chunkSizeBytes = 1024;
  harness.service.faults.add({ on: 'report', chunk: 77, kind: 'fail-chunk', error: 'lost' });
  harness.behave(everyNth('status', n, effect));
  return harness.ingest(harness.put(chunks / 8), 1_200);
}

/** Returns the time from the first to the last status call, in seconds. */
export function secondsOfChecks(harness: ReportedHarness): number {
  const times = harness.service.calls.of('status').map(({ at }) => at);
  return (Math.max(...times) - Math.min(...times)) / 1000;
}
