import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import { status } from '../doubles/service-double.ts';
import { ingestTiny, secondsOfChecks } from './failed-pages.ts';
import {
  arrivedOnce,
  atMost,
  openReportedHarness,
  type ReportedHarness,
} from './reported-harness.ts';

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('A4: a failed page of the chunk list (facepy#147, Ceres#185)', () => {
  it('is requested again by itself if every 30th call for 2,000 chunks fails', async () => {
    const facts = await ingestTiny(harness, 2_000, 30, status(502));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 2_001, status: atMost(200) } });
    expect(secondsOfChecks(harness)).toEqual(atMost(180));
  });

  it.each<readonly [string, number, FaultEffect]>([
    ['every third status call loses its reply', 3, { kind: 'lost-reply' }],
    ['every second status call answers 502', 2, status(502)],
  ])('is requested again by itself if %s', async (_what, n, effect) => {
    const facts = await ingestTiny(harness, 500, n, effect);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 501, status: atMost(100) } });
    expect(secondsOfChecks(harness)).toEqual(atMost(180));
  });
});
