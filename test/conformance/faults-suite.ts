import { expect } from 'vitest';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { type SendFault, throttleSeconds } from '../doubles/destinations/faults.ts';
import {
  film,
  type OpenService,
  openPortHarness,
  type PortHarness,
  putFilm,
  serviceDefaults,
} from '../harness/port-harness.ts';
import { runTransfer, type TransferResult } from '../harness/run-transfer.ts';
import { describe, it } from './behaviours.ts';
import { storedBytes } from './direct-upload.ts';
import { sent, shortRanges, upTo } from './transfers-suite.ts';

const chunk = serviceDefaults.chunkSizeBytes;

/** Describes complete transfers with faults, run by the engine. */
export function describeFaults(traits: DestinationTraits, open: OpenService): void {
  describe('a transfer with faults', () => {
    describeSends(traits, open);
    describeThrottling(traits, open);
    describeSessions(open);
    describeSource(open);
    if (traits.maxProofsPerReport > 0) describeReports(open);
    if (traits.order === 'ascending') describeOrder(open);
  });
}

interface Arrival {
  readonly harness: PortHarness;
  readonly result: TransferResult;
  /** Start of the transfer, in ms since 1970. */
  readonly startedAt: number;
}

/** Runs a transfer of ten chunks with planned faults and expects one complete asset. */
async function expectArrival(
  open: OpenService,
  plan: (harness: PortHarness) => void,
  sizeBytes = 10 * chunk - 7,
): Promise<Arrival> {
  const harness = await openPortHarness(open, {}, shortRanges);
  const sha256 = putFilm(harness, sizeBytes);
  plan(harness);
  const startedAt = harness.clock.now();
  const result = await runTransfer(harness, film);
  expect(result.output, result.cause).toMatchObject({ status: 'ready' });
  const assetId = String(result.output.assetId);
  expect(await harness.service.storedSha256(assetId), storedBytes).toBe(sha256);
  expect(await harness.service.assetIds()).toEqual([assetId]);
  expect(harness.events.outcomes.map(({ type }) => type)).toEqual(['Transfer Ready']);
  return { harness, result, startedAt };
}

/** For the message of a failure: a plan that fails no send is a usual cause. */
const repeated = 'sends that a planned fault made necessary';

/** Returns the repeated sends. */
function resent(harness: PortHarness): number[] {
  const indexes = sent(harness);
  return indexes.filter((index, i) => indexes.indexOf(index) !== i);
}

function describeSends({ maxProofsPerReport }: DestinationTraits, open: OpenService): void {
  const faults: [string, SendFault][] = [
    ['an expired address', { kind: 'expired-url' }],
    ['a reset before the chunk has an effect', { kind: 'reset' }],
    ['a lost reply to an accepted chunk', { kind: 'lost-reply' }],
    ['a throttled send', { kind: 'throttled', retryAfterSeconds: 3 }],
  ];
  if (maxProofsPerReport > 0) faults.push(['an ETag of other bytes', { kind: 'wrong-etag' }]);

  for (const [name, fault] of faults) {
    it(`${name} costs one more send of that chunk`, async () => {
      const { harness } = await expectArrival(open, ({ service }) =>
        service.faults.failSend(4, fault),
      );
      expect(resent(harness), repeated).toHaveLength(1);
      expect(harness.calls, repeated).toMatchObject({ opened: 1, sends: { length: 11 } });
    });

    it(`${name} of the first chunk costs one more send`, async () => {
      const { harness } = await expectArrival(open, ({ service }) =>
        service.faults.failSend(1, fault),
      );
      expect(harness.calls, repeated).toMatchObject({ opened: 1, sends: { length: 11 } });
    });
  }

  it('faults of all kinds cost one send each', async () => {
    const { harness } = await expectArrival(open, ({ service }) => {
      for (const [i, [, fault]] of faults.entries()) service.faults.failSend(2 * i + 1, fault);
    });
    expect(harness.calls.sends).toHaveLength(10 + faults.length);
  });

  it('a chunk that fails all tries of one call is sent in a later call', async () => {
    const { harness } = await expectArrival(
      open,
      ({ service }) => {
        for (let nth = 1; nth <= 5; nth++) service.faults.failSend(nth, { kind: 'reset' });
      },
      chunk,
    );
    expect(harness.calls.sends).toHaveLength(6);
  });
}

function describeThrottling({ sessionCreatedBy }: DestinationTraits, open: OpenService): void {
  it('waits as long as the service asked before it sends the chunk again', async () => {
    const fault = { kind: 'throttled', retryAfterSeconds: 45 } as const;
    const { harness } = await expectArrival(open, ({ service }) =>
      service.faults.failSend(4, fault),
    );
    const [again] = resent(harness);
    const [first, second] = harness.calls.sends.filter(({ index }) => index === again);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(45_000);
  });

  if (sessionCreatedBy === 'open') {
    it('waits as long as the service asked before it opens a session again', async () => {
      const { harness, result, startedAt } = await expectArrival(open, ({ service }) =>
        service.faults.failCall('open', 'throttled'),
      );
      expect(harness.calls.opened).toBe(2);
      expect(result.output.retries).toMatchObject({ ThrottledError: 1 });
      const waitedMs = (harness.calls.sends[0]?.at ?? 0) - startedAt;
      expect(waitedMs).toBeGreaterThanOrEqual(throttleSeconds * 1000);
    });

    it('opens a further session after a create whose reply was lost, and makes one asset', async () => {
      const { harness, result } = await expectArrival(open, ({ service }) =>
        service.faults.failCall('open', 'lost-reply'),
      );
      expect(harness.calls).toMatchObject({ opened: 2, sends: { length: 10 } });
      expect(result.output.retries).toMatchObject({ CreateReplyLostError: 1 });
      const sessions = await harness.store.sessions(String(result.output.transferId));
      expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    });
  }
}

function describeSessions(open: OpenService): void {
  it('opens a new session after the service forgot the first, and sends all chunks again', async () => {
    const harness = await openPortHarness(open, {}, shortRanges);
    const sha256 = putFilm(harness, 120 * chunk);
    const killed = await runTransfer(harness, film, {
      onCall: async (step, { state: { range } }, kill) => {
        if (step !== 'SendChunks' || range?.n !== 2) return;
        await harness.service.forgetSessions();
        kill();
      },
    });
    expect(killed.status).toBe('ABORTED');
    harness.calls.sends.length = 0;
    const { output } = await runTransfer(harness, film, { executionId: 'execution-b' });
    expect(await harness.service.storedSha256(String(output.assetId)), storedBytes).toBe(sha256);
    expect(harness.calls).toMatchObject({ opened: 2, sends: { length: 120 } });
    expect(await harness.service.assetIds()).toEqual([output.assetId]);
  });

  it('opens a new session if the service forgets the first during the sends', async () => {
    const harness = await openPortHarness(open, {}, shortRanges);
    const sha256 = putFilm(harness, 60 * chunk);
    let hasForgotten = false;
    const { output } = await runTransfer(harness, film, {
      onCall: async (step, { state: { range } }) => {
        if (step !== 'SendChunks' || range?.n !== 2 || hasForgotten) return;
        hasForgotten = true;
        await harness.service.forgetSessions();
      },
    });
    expect(output).toMatchObject({ status: 'ready', retries: { SessionExpiredError: 1 } });
    expect(await harness.service.storedSha256(String(output.assetId)), storedBytes).toBe(sha256);
    expect(harness.calls.opened).toBe(2);
  });
}

function describeSource(open: OpenService): void {
  it('an object that is overwritten during the transfer is superseded and makes no asset', async () => {
    const harness = await openPortHarness(open, {}, shortRanges);
    putFilm(harness, 60 * chunk);
    const { status, output } = await runTransfer(harness, film, {
      onCall: (step, { state: { range } }) => {
        if (step === 'SendChunks' && range?.n === 2) putFilm(harness, 60 * chunk + 1);
      },
    });
    expect([status, output.status]).toEqual(['SUCCEEDED', 'superseded']);
    expect(await harness.service.assetIds()).toEqual([]);
    expect(harness.events.outcomes.map(({ type }) => type)).toEqual(['Transfer Superseded']);
  });

  it('a read that ends early costs one more read and no byte', async () => {
    const { harness } = await expectArrival(open, ({ source }) =>
      source.failRead(3, { kind: 'truncated', afterBytes: 100 }),
    );
    expect(resent(harness)).toHaveLength(1);
  });
}

function describeReports(open: OpenService): void {
  it('a report with a lost reply is repeated', async () => {
    const { harness } = await expectArrival(open, ({ service }) =>
      service.faults.failCall('report', 'lost-reply'),
    );
    expect(harness.calls.sends).toHaveLength(10);
  });

  it('a throttled report is repeated', async () => {
    const { harness } = await expectArrival(open, ({ service }) =>
      service.faults.failCall('report', 'throttled'),
    );
    expect(harness.calls.reports).toEqual([upTo(10), upTo(10)]);
  });

  it('a report that fails in all tries of one call is made up for later', async () => {
    const { harness } = await expectArrival(open, ({ service }) => {
      for (let i = 0; i < 5; i++) service.faults.failCall('report', 'throttled');
    });
    expect(harness.calls.sends).toHaveLength(10);
  });
}

function describeOrder(open: OpenService): void {
  it('an abandoned chunk at the end of a range leaves no gap before the next range', async () => {
    const { harness } = await expectArrival(
      open,
      ({ service }) => {
        for (let nth = 30; nth < 35; nth++) service.faults.failSend(nth, { kind: 'reset' });
      },
      60 * chunk,
    );
    expect(harness.calls.sends.length).toBeLessThanOrEqual(60 + 5 + 5);
  });
}
