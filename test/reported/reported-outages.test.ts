import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { always, firstCalls, forSeconds, status } from '../doubles/service-double.ts';
import {
  arrivedOnce,
  atLeast,
  atMost,
  openReportedHarness,
  type ReportedHarness,
} from './reported-harness.ts';

/**
 * Cases of public bug reports about outages, over the wire. The ids are those of the list of cases.
 * Variants of a case differ from the reported example.
 */

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('A3: a service outage (onedrive-api-docs#1165)', () => {
  it.each([
    ['without Retry-After', {}],
    ['with Retry-After: 15', { 'Retry-After': '15' }],
  ])('of 60 s at the create call, %s, is waited for', async (_how, headers) => {
    harness.behave(forSeconds('create', 60, status(503, headers)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: atMost(30), put: 3 } });
  });

  it('receives no call before its Retry-After has passed', async () => {
    harness.behave(forSeconds('create', 60, status(503, { 'Retry-After': '15' })));
    await harness.ingest(harness.put(3));
    expect(gapsOf('create')).toEqual(gapsOf('create').map(() => atLeast(14.5)));
    expect(gapsOf('create').length).toBeGreaterThan(0);
  });

  it('of an hour at the create call is waited for', async () => {
    harness.clock.setFactor(1_000);
    harness.behave(forSeconds('create', 3_600, status(503)));
    const facts = await harness.ingest(harness.put(3), 6_000);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
  });

  it.each([409, 423, 425, 429])(
    'with %i for 60 s at the create call is waited for',
    async (code) => {
      harness.behave(forSeconds('create', 60, status(code)));
      const facts = await harness.ingest(harness.put(3));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
    },
  );

  it('of an hour with lost replies leaves at most ten empty sessions', async () => {
    harness.clock.setFactor(1_000);
    harness.behave(forSeconds('create', 3_600, { kind: 'lost-reply' }));
    const facts = await harness.ingest(harness.put(3), 12_000);
    expect(facts).toMatchObject({ ended: 'ready', assets: 1, sessions: atMost(10) });
  });

  const operations = ['presign', 'put', 'report', 'status', 'asset'] as const;
  it.each(operations)('with 503 to every %s for 10 minutes is waited for', async (on) => {
    harness.clock.setFactor(400);
    harness.service.switches.completedAfterMs = 5_000;
    harness.behave(forSeconds(on, 600, status(503)));
    const facts = await harness.ingest(harness.put(3), 3_600);
    expect(facts).toMatchObject(arrivedOnce);
  });

  it.each([408, 425, 500, 502, 504, 520, 529])(
    'with %i to a URL call for 60 s is waited for',
    async (code) => {
      harness.behave(forSeconds('presign', 60, status(code)));
      const facts = await harness.ingest(harness.put(3));
      expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
    },
  );

  it.each([501, 505])('with %i is final and named', async (code) => {
    harness.behave(always('presign', status(code)));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({
      ended: expect.stringContaining('FAILED'),
      cause: expect.stringContaining(String(code)),
      sessions: 1,
      calls: { presign: atMost(3) },
    });
  });
});

describe('A19: a conflict, a lock, or a call that is too early', () => {
  const operations = ['presign', 'put', 'report', 'status', 'asset'] as const;

  it.each([409, 423, 425])('of status %i to two calls of each kind is transient', async (code) => {
    harness.service.switches.completedAfterMs = 5_000;
    harness.behave(...operations.map((on) => firstCalls(on, 2, status(code))));
    const facts = await harness.ingest(harness.put(3));
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { create: 1, put: 5 } });
    for (const on of operations) expect(harness.service.calls.count(on, { status: code })).toBe(2);
  });
});

/** Returns the seconds between consecutive calls of one operation. */
function gapsOf(on: Operation): number[] {
  const times = harness.service.calls.of(on).map(({ at }) => at);
  return times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1000);
}
