import { describe, expect, it } from 'vitest';
import { serviceLimits } from '#local/state-machine/definition/service-limits.ts';
import {
  defaultSendTimeoutMs,
  maxCallsPerExecution,
  maxRangesPerExecution,
  maxSendingSeconds,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { deployedMachine } from '../../harness/machine.ts';

const definition = JSON.parse(JSON.stringify(deployedMachine().definition)) as {
  readonly TimeoutSeconds: number;
  readonly States: Readonly<Record<string, State>>;
};

interface State {
  readonly Retry?: readonly { readonly MaxAttempts: number }[];
  readonly ItemProcessor?: { readonly States: Readonly<Record<string, State>> };
}

/** Events of one call in the Map, with a wait: Task (5), Choice (2) and Wait (2). */
const eventsPerCall = 9;

/** Events of one iteration of SendRanges beyond its call. */
const eventsPerRange = 4;

/** Events of one repeat by a `Retry`: the failure, and scheduled and started again. */
const eventsPerRetry = 3;

function retriesOf(state: State | undefined): number {
  return (state?.Retry ?? []).reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);
}

const inMap = ['SendRanges', 'ContinueRanges'].flatMap((name) =>
  Object.values(definition.States[name]?.ItemProcessor?.States ?? {}),
);

describe('an execution', () => {
  it('has room in its history for all calls, and for more than 600 repeats by a Retry', () => {
    const events = maxCallsPerExecution * eventsPerCall + maxRangesPerExecution * eventsPerRange;
    const left = serviceLimits.historyEvents - events;
    expect(left / eventsPerRetry).toBeGreaterThan(600);
  });

  it('can fill its history by repeats all the same, so the reconciler has to queue its transfer', () => {
    const retries = Math.max(...inMap.map(retriesOf));
    expect(retries).toBe(18);
    const worst = maxCallsPerExecution * (eventsPerCall + retries * eventsPerRetry);
    expect(worst).toBe(138_600);
    expect(worst).toBeGreaterThan(serviceLimits.historyEvents);
  });

  it('stops sending early enough for every wait that may follow', () => {
    const waits = ['patienceWithRetryAfter', 'confirmation', 'readiness', 'assetMissing'] as const;
    const seconds = waits.reduce((sum, name) => sum + boundOf(name), 0);
    const lastCallSeconds = defaultSendTimeoutMs / 1000;
    expect(maxSendingSeconds + lastCallSeconds + seconds).toBeLessThan(definition.TimeoutSeconds);
  });
});
