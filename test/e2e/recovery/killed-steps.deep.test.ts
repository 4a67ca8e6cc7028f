import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
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

describe('a function that is killed', () => {
  it.each(
    stepNames.flatMap((step) => [[step, 'crash-before'] as const, [step, 'crash-after'] as const]),
  )('%s, %s its work, costs no chunk and makes no second asset', async (step, kind) => {
    // Only the step in the Map differs with the number of ranges.
    const chunks = step === 'SendChunks' ? 60 : 3;
    const film = harness.put(chunks);
    const faults = killFirst(step, kind);
    await expectReady(harness, film, await harness.run(inputOf(film), { faults }));
    expect(harness.service.calls.count('create')).toBe(1);
    expect(harness.service.calls.count('put')).toBe(chunks);
    expect(harness.s3.chunkReads()).toBe(chunks);
    expect(harness.events(film.key).filter(({ type }) => type !== 'Transfer Ready')).toEqual([]);
  });
});
