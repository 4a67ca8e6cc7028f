import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StepName, stepNames } from '#src/core/stack/step-names.ts';
import { type Damage, damaged, damages } from './inputs/damage.ts';
import { notices } from './inputs/reconciler-events.ts';
import { fuzz } from './support/fuzz.ts';
import { openStand, ours, type Stand } from './support/handler-harness.ts';
import { judge } from './support/result.ts';
import { standAt } from './support/step-payloads.ts';

/** How far a call may move the time, in ms: a function has two minutes. */
const maxVirtualMs = 120_000;

interface Spoiled {
  readonly step: StepName;
  readonly ways: readonly Damage[];
}

const spoiled: fc.Arbitrary<Spoiled> = fc.record({
  step: fc.constantFrom(...stepNames),
  ways: damages,
});

/** The service's sessions and assets, rows of transfers that move something, and rows of sessions. */
function created(stand: Stand) {
  const [transfers = [], sessions = []] = JSON.parse(stand.rows()) as [string, Row][][];
  // A start that ended before it took a transfer has a row with the ingest number 0.
  const moving = transfers.filter(([, { ingestNumber }]) => ingestNumber !== 0).length;
  return { opened: stand.service.sessions().length, moving, sessions: sessions.length };
}

type Row = { readonly ingestNumber?: number };

async function tryState({ step, ways }: Spoiled): Promise<string | undefined> {
  const { stand, payload } = await standAt(step);
  const before = created(stand);
  const startedAt = stand.clock.now();
  const verdict = await judge(() => stand.call(step, damaged(payload, ways)));
  expect(stand.clock.now() - startedAt).toBeLessThanOrEqual(maxVirtualMs);
  expect(stand.rows()).not.toContain('"name":"UnexpectedError"');
  if (verdict.kind === 'work') return undefined;
  const after = created(stand);
  // It takes the transfer before it can know what the service will say: its machine records the end.
  const mayTake = step === 'OpenSession' && after.moving <= 1;
  expect(mayTake ? after.opened : after).toEqual(mayTake ? 0 : before);
  return verdict.error.name;
}

/** A transfer is on its way and its execution is told to have ended, or something else is told. */
async function tryNotice(notice: unknown): Promise<string | undefined> {
  const { stand } = await standAt('SendChunks');
  const before = created(stand);
  const verdict = await judge(() => stand.call('Reconcile', notice));
  expect(created(stand)).toEqual(before);
  expect(JSON.stringify(stand.events.all).length).toBeLessThan(256 * 1024);
  expect(stand.longestLine).toBeLessThan(64 * 1024);
  return verdict.kind === 'work' ? undefined : verdict.error.name;
}

describe('what is recorded between two functions', () => {
  it('comes to its last function whole, where nothing is spoiled', async () => {
    const { stand, payload } = await standAt('RecordOutcome');
    const ended = await stand.call('RecordOutcome', payload);
    expect(ended).toMatchObject({ next: 'succeed', output: { status: 'ready', key: ours.key } });
    expect((await openStand()).creates()).toBe(0);
  });

  it('is worked with or refused by name, whatever has become of it', async () => {
    await fuzz('recorded states', spoiled, tryState);
  });
});

describe('an event that the reconciler is called with', () => {
  it('is worked with or refused by name, and opens nothing', async () => {
    await fuzz("reconciler's events", notices, tryNotice);
  });
});
