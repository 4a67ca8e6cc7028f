import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StepName, stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { type Damage, damaged, damages } from './inputs/damage.ts';
import { reconcilerEvents } from './inputs/reconciler-events.ts';
import { fuzz } from './support/fuzz.ts';
import { type HandlerHarness, openHandlerHarness, ours } from './support/handler-harness.ts';
import { classify } from './support/result.ts';
import { openAtStep } from './support/step-payloads.ts';

/** Maximum time that a call may move the clock, in ms: a function has two minutes. */
const maxVirtualMs = 120_000;

interface Spoiled {
  readonly step: StepName;
  readonly ways: readonly Damage[];
}

const spoiled: fc.Arbitrary<Spoiled> = fc.record({
  step: fc.constantFrom(...stepNames),
  ways: damages,
});

/** Counts the sessions at the service, the rows of taken transfers, and the rows of sessions. */
function countCreated(harness: HandlerHarness) {
  const [transfers = [], sessions = []] = JSON.parse(harness.rows()) as [string, Row][][];
  // A start that ended before it took a transfer has a row with the ingest number 0.
  const moving = transfers.filter(([, { ingestNumber }]) => ingestNumber !== 0).length;
  return { opened: harness.service.sessions().length, moving, sessions: sessions.length };
}

type Row = { readonly ingestNumber?: number };

async function tryState({ step, ways }: Spoiled): Promise<string | undefined> {
  const { harness, payload } = await openAtStep(step);
  const before = countCreated(harness);
  const startedAt = harness.clock.now();
  const result = await classify(() => harness.call(step, damaged(payload, ways)));
  expect(harness.clock.now() - startedAt).toBeLessThanOrEqual(maxVirtualMs);
  expect(harness.rows()).not.toContain('"name":"UnexpectedError"');
  if (result.kind === 'work') return undefined;
  const after = countCreated(harness);
  // OpenSession takes the transfer before it calls the service; its state machine records the end.
  const mayTake = step === 'OpenSession' && after.moving <= 1;
  expect(mayTake ? after.opened : after).toEqual(mayTake ? 0 : before);
  return result.error.name;
}

/** Sends the reconciler an event during a running transfer. */
async function tryNotice(notice: unknown): Promise<string | undefined> {
  const { harness } = await openAtStep('SendChunks');
  const before = countCreated(harness);
  const result = await classify(() => harness.call('Reconcile', notice));
  expect(countCreated(harness)).toEqual(before);
  expect(JSON.stringify(harness.events.all).length).toBeLessThan(256 * 1024);
  expect(harness.longestLine).toBeLessThan(64 * 1024);
  return result.kind === 'work' ? undefined : result.error.name;
}

describe('a recorded state between two functions', () => {
  it('reaches the last function if it is intact', async () => {
    const { harness, payload } = await openAtStep('RecordOutcome');
    const ended = await harness.call('RecordOutcome', payload);
    expect(ended).toMatchObject({ next: 'succeed', output: { status: 'ready', key: ours.key } });
    expect((await openHandlerHarness()).creates()).toBe(0);
  });

  it('is processed or rejected by name after any damage', async () => {
    await fuzz('recorded states', spoiled, tryState);
  });
});

describe('an event to the reconciler', () => {
  it('is processed or rejected by name, and opens nothing', async () => {
    await fuzz("reconciler's events", reconcilerEvents, tryNotice);
  });
});
