import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Invocation } from '#local/state-machine/lambda/lambda-runtime.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';
import { killFirst } from './kill-first.ts';

let harness: WireHarness;

beforeAll(async () => {
  harness = await openWireHarness({ table: 'dynamodb' });
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Chunks of a film of two ranges. */
const twoRanges = 60;

describe('a function that is killed', () => {
  it('is called again after throttling of Lambda', async () => {
    const film = harness.put(2);
    const faults = killFirst('SendChunks', 'crash-before', 'Lambda.TooManyRequestsException');
    await expectReady(harness, film, await harness.run(inputOf(film), { faults }));
  });

  it('in all its tries is called again after the other ranges', async () => {
    const film = harness.put(twoRanges);
    let calls = 0;
    const faults = ({ stateName }: Invocation) =>
      stateName === 'SendChunks' && ++calls <= 4
        ? { kind: 'crash-before' as const, error: 'Runtime.ExitError' }
        : undefined;
    await expectReady(harness, film, await harness.run(inputOf(film), { faults }));
    expect(harness.service.calls.count('put')).toBe(twoRanges);
  });

  it('every time fails only its range, and the next round sends the remaining chunks', async () => {
    const film = harness.put(twoRanges);
    let calls = 0;
    const faults = ({ stateName }: Invocation) =>
      ['SendChunks', 'ContinueRange'].includes(stateName) && ++calls <= 16
        ? { kind: 'crash-before' as const, error: 'Runtime.ExitError' }
        : undefined;
    await expectReady(harness, film, await harness.run(inputOf(film), { faults }));
    expect(harness.service.calls.count('put')).toBe(twoRanges);
  });
});

describe('an outcome', () => {
  it('is published after transient errors of the bus', async () => {
    const film = harness.put(2);
    harness.eventBridge.failNextCalls(4);
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.events(film.key).map(({ type }) => type)).toEqual(['Transfer Ready']);
  });

  it('that cannot be recorded does not hide the first error', async () => {
    const film = harness.put(2, { traits: { storageClass: 'GLACIER' } });
    const faults = ({ stateName }: Invocation) =>
      stateName === 'RecordOutcome'
        ? { kind: 'crash-before' as const, error: 'Lambda.Unknown' }
        : undefined;
    const result = await harness.run(inputOf(film), { faults });
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    expect(result.cause).toMatch(/"InspectSource":{"Error":"SourceArchivedError"/);
  });

  it('of success that cannot be recorded is a failure', async () => {
    const film = harness.put(2);
    const faults = ({ stateName }: Invocation) =>
      stateName === 'RecordOutcome'
        ? { kind: 'crash-before' as const, error: 'Lambda.Unknown' }
        : undefined;
    const result = await harness.run(inputOf(film), { faults });
    expect(result).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    await harness.run(inputOf(film));
    expect(harness.service.calls.count('put')).toBe(2);
  });
});
