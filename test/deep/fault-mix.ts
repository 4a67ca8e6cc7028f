import { seededRandom } from '#local/simulators/randomness.ts';
import type { FaultEffect, FaultSource } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import type { Random } from '#src/core/ports/clock.ts';

/** The fault mix of case A23: no Retry-After, and a lost reply closes its connection. */

const apiFaults: readonly FaultEffect[] = [
  { kind: 'throttle' },
  { kind: 'status', status: 500 },
  { kind: 'lost-reply' },
  { kind: 'html' },
];

function putFaults(random: Random, chunkSizeBytes: number): readonly FaultEffect[] {
  return [
    { kind: 'status', status: 503 },
    { kind: 'reset-mid-body', afterBytes: Math.floor(random() * chunkSizeBytes) },
    { kind: 'lost-reply' },
    { kind: 'status', status: 403 },
    { kind: 'wrong-etag' },
  ];
}

/**
 * Draws the faults of one run. Each kind hits `share` of its possible calls, at most one fault per call.
 * A reported chunk fails with the same share if its report succeeds.
 */
export function drawnFaults(seed: number, share: number, chunkSizeBytes: number): FaultSource {
  const random = seededRandom(seed);
  return (call) => {
    const faults = call.operation === 'put' ? putFaults(random, chunkSizeBytes) : apiFaults;
    const drawn = faults[Math.floor(random() / share)];
    return drawn ?? (call.operation === 'report' ? failedChunks(call, random, share) : undefined);
  };
}

function failedChunks(call: CallRecord, random: Random, share: number): FaultEffect | undefined {
  const chunks = call.chunks.filter(() => random() < share);
  if (chunks.length === 0) return undefined;
  return { kind: 'fail-chunk', error: 'The chunk was lost.', chunks };
}
