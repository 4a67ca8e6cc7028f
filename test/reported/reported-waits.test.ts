import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { always, firstCalls } from '../doubles/service-double.ts';
import {
  arrivedOnce,
  atLeast,
  atMost,
  openReportedHarness,
  type ReportedHarness,
  usualFactor,
} from './reported-harness.ts';

/**
 * Cases of public bug reports about a long Retry-After, over the wire. The ids are those of the list of cases.
 * Variants of a case differ from the reported example.
 */

let harness: ReportedHarness;

beforeAll(async () => {
  harness = await openReportedHarness();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

describe('A22: a Retry-After of hours', () => {
  const hours = 2;

  it.each([
    ['in seconds', () => String(hours * 3600)],
    ['as a date', () => new Date(harness.clock.now() + hours * 3_600_000).toUTCString()],
  ])(
    '%s is respected before the next create, and the table has its end',
    async (_how, value) => {
      await expectWaited('create', value());
    },
    300_000,
  );

  it('is respected before the next URL call, and the table has its end', async () => {
    await expectWaited('presign', String(hours * 3600));
  }, 300_000);

  async function expectWaited(on: Operation, retryAfter: string): Promise<void> {
    harness.behave(
      firstCalls(on, 1, () => {
        harness.clock.setFactor(1_000);
        return { kind: 'throttle', retryAfter };
      }),
      always(on, () => {
        harness.clock.setFactor(usualFactor);
        return undefined;
      }),
    );
    const facts = await harness.ingest(harness.put(3), hours * 3600 + 3_600);
    const [first, second] = harness.service.calls.of(on);
    expect(facts).toMatchObject({ ...arrivedOnce, calls: { put: 3 } });
    const waited = ((second?.at ?? 0) - (first?.at ?? 0)) / 1000;
    expect(waited).toEqual(atLeast(hours * 3600 - 30));
    const until = (first?.at ?? 0) + hours * 3_600_000;
    const { service } = await harness.queue.sharedRates();
    expect(Math.abs((service?.stoppedUntil ?? 0) - until)).toEqual(atMost(300_000));
  }
});
