import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import type { StepName } from '#src/core/stack/step-names.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { type SendFault, throttleSeconds } from '../doubles/destinations/faults.ts';
import { type Bench, benchOptions, film, type OpenService, openBench, putFilm } from '../harness/port-harness.ts';
import { sent, upTo } from './transfers-suite.ts';
import { Killed, type Walked, walk } from '../harness/run-transfer.ts';

const chunk = benchOptions.chunkSizeBytes;

/** Whole transfers in which something goes wrong, by the engine's own steps. */
export function describeFaults(traits: DestinationTraits, open: OpenService): void {
  describe('when something goes wrong', () => {
    describeSends(traits, open);
    describeThrottling(traits, open);
    describeSessions(open);
    describeSource(open);
    if (traits.maxProofsPerReport > 0) describeReports(open);
    if (traits.order === 'ascending') describeOrder(open);
  });
}

interface Arrived {
  readonly bench: Bench;
  readonly walked: Walked;
  /** When the transfer began, in milliseconds since 1970. */
  readonly startedAt: number;
}

/** A transfer of ten chunks with faults planned, which must arrive whole nevertheless. */
async function arrives(
  open: OpenService,
  plan: (bench: Bench) => void,
  sizeBytes = 10 * chunk - 7,
): Promise<Arrived> {
  const bench = await openBench(open);
  const sha256 = putFilm(bench, sizeBytes);
  plan(bench);
  const startedAt = bench.clock.now();
  const walked = await walk(bench, film);
  expect(walked.output).toMatchObject({ status: 'ready' });
  const assetId = String(walked.output.assetId);
  expect(await bench.service.storedSha256(assetId)).toBe(sha256);
  expect(bench.service.assetIds()).toEqual([assetId]);
  expect(bench.events.outcomes.map(({ type }) => type)).toEqual(['Transfer Ready']);
  return { bench, walked, startedAt };
}

/** Times that chunks were sent more than once. */
function resent(bench: Bench): number[] {
  const indexes = sent(bench);
  return indexes.filter((index, i) => indexes.indexOf(index) !== i);
}

function describeSends({ maxProofsPerReport }: DestinationTraits, open: OpenService): void {
  const once: [string, SendFault][] = [
    ['an expired address', { kind: 'expired-address' }],
    ['a reset before the chunk has an effect', { kind: 'reset' }],
    ['a lost reply to a chunk that was taken', { kind: 'lost-reply' }],
    ['a service that asks to wait', { kind: 'throttled', retryAfterSeconds: 3 }],
  ];
  if (maxProofsPerReport > 0) once.push(['an ETag of other bytes', { kind: 'wrong-etag' }]);

  it.each(once)('%s costs one more send of that chunk only', async (_, fault) => {
    const { bench } = await arrives(open, ({ service }) => service.faults.befall(4, fault));
    expect(resent(bench)).toHaveLength(1);
    expect(bench.asked).toMatchObject({ opened: 1, sends: { length: 11 } });
  });

  it.each(once)('%s of the very first chunk costs no more', async (_, fault) => {
    const { bench } = await arrives(open, ({ service }) => service.faults.befall(1, fault));
    expect(bench.asked).toMatchObject({ opened: 1, sends: { length: 11 } });
  });

  it('faults of all kinds at once cost one send each', async () => {
    const { bench } = await arrives(open, ({ service }) => {
      for (const [i, [, fault]] of once.entries()) service.faults.befall(2 * i + 1, fault);
    });
    expect(bench.asked.sends).toHaveLength(10 + once.length);
  });

  it('a chunk whose every try fails in one call is sent in a later one', async () => {
    const { bench } = await arrives(
      open,
      ({ service }) => {
        for (let nth = 1; nth <= 5; nth++) service.faults.befall(nth, { kind: 'reset' });
      },
      chunk,
    );
    expect(bench.asked.sends).toHaveLength(6);
  });
}

function describeThrottling({ sessionCreatedBy }: DestinationTraits, open: OpenService): void {
  it('waits as long as the service asked before it sends the chunk again', async () => {
    const fault = { kind: 'throttled', retryAfterSeconds: 45 } as const;
    const { bench } = await arrives(open, ({ service }) => service.faults.befall(4, fault));
    const [again] = resent(bench);
    const [first, second] = bench.asked.sends.filter(({ index }) => index === again);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(45_000);
  });

  if (sessionCreatedBy === 'open') {
    it('waits as long as the service asked before it opens a session again', async () => {
      const { bench, walked, startedAt } = await arrives(open, ({ service }) =>
        service.faults.befallCall('open', 'throttled'),
      );
      expect(bench.asked.opened).toBe(2);
      expect(walked.output.retries).toMatchObject({ ThrottledError: 1 });
      const waitedMs = (bench.asked.sends[0]?.at ?? 0) - startedAt;
      expect(waitedMs).toBeGreaterThanOrEqual(throttleSeconds * 1000);
    });

    it('opens a further session after a create whose reply was lost, and makes one asset', async () => {
      const { bench, walked } = await arrives(open, ({ service }) =>
        service.faults.befallCall('open', 'lost-reply'),
      );
      expect(bench.asked).toMatchObject({ opened: 2, sends: { length: 10 } });
      expect(walked.output.retries).toMatchObject({ CreateReplyLostError: 1 });
      const sessions = await bench.store.sessions(String(walked.output.transferId));
      expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    });
  }
}

function describeSessions(open: OpenService): void {
  it('opens a new session when the service forgot the first, and sends all of it again', async () => {
    const bench = await openBench(open);
    const sha256 = putFilm(bench, 120 * chunk);
    const killed = walk(bench, film, {
      onMove: (step) => {
        if (step !== 'ReportProofs' && step !== 'ConfirmUpload') return;
        bench.service.forgetSessions();
        throw new Killed();
      },
    });
    await expect(killed).rejects.toThrow(Killed);
    bench.asked.sends.length = 0;
    const { output } = await walk(bench, film, { executionId: 'execution-b' });
    expect(await bench.service.storedSha256(String(output.assetId))).toBe(sha256);
    expect(bench.asked).toMatchObject({ opened: 2, sends: { length: 120 } });
    expect(bench.service.assetIds()).toEqual([output.assetId]);
  });

  it('opens a new session when the service forgets it while chunks are sent', async () => {
    const bench = await openBench(open);
    const sha256 = putFilm(bench, 60 * chunk);
    let hasForgotten = false;
    const { output } = await walk(bench, film, {
      onMove: (step, { range }) => {
        if (step !== 'SendChunks' || range.n !== 2 || hasForgotten) return;
        hasForgotten = true;
        bench.service.forgetSessions();
      },
    });
    expect(output).toMatchObject({ status: 'ready', retries: { SessionExpiredError: 1 } });
    expect(await bench.service.storedSha256(String(output.assetId))).toBe(sha256);
    expect(bench.asked.opened).toBe(2);
  });
}

function describeSource(open: OpenService): void {
  it('an object that is overwritten midway ends as superseded and makes no asset', async () => {
    const bench = await openBench(open);
    putFilm(bench, 60 * chunk);
    const { status, output } = await walk(bench, film, {
      onMove: (step, { range }) => {
        if (step === 'SendChunks' && range.n === 2) putFilm(bench, 60 * chunk + 1);
      },
    });
    expect([status, output.status]).toEqual(['succeeded', 'superseded']);
    expect(bench.service.assetIds()).toEqual([]);
    expect(bench.events.outcomes.map(({ type }) => type)).toEqual(['Transfer Superseded']);
  });

  it('a read that ends early costs one more read and no byte', async () => {
    const { bench } = await arrives(open, ({ source }) =>
      source.befall(3, { kind: 'truncated', afterBytes: 100 }),
    );
    expect(resent(bench)).toHaveLength(1);
  });
}

function describeReports(open: OpenService): void {
  it('a report whose reply was lost is made again', async () => {
    const { bench } = await arrives(open, ({ service }) =>
      service.faults.befallCall('report', 'lost-reply'),
    );
    expect(bench.asked.sends).toHaveLength(10);
  });

  it('a throttled report is made again', async () => {
    const { bench } = await arrives(open, ({ service }) =>
      service.faults.befallCall('report', 'throttled'),
    );
    expect(bench.asked.reports).toEqual([upTo(10), upTo(10)]);
  });

  it('reports that were never made are made up for', async () => {
    const bench = await openBench(open);
    const sha256 = putFilm(bench, 60 * chunk);
    const { output } = await walk(bench, film, { onMove: failOnce('ReportProofs') });
    expect(await bench.service.storedSha256(String(output.assetId))).toBe(sha256);
    expect(bench.asked.sends).toHaveLength(60);
  });
}

/** Lets the first call of a step fail in a way that no retry mends. */
function failOnce(step: StepName) {
  let hasFailed = false;
  return (called: StepName) => {
    if (called !== step || hasFailed) return;
    hasFailed = true;
    throw new TransferError('UnexpectedError', 'the function broke');
  };
}

function describeOrder(open: OpenService): void {
  it('a chunk given up at the end of a range leaves no gap before the next range', async () => {
    const { bench } = await arrives(
      open,
      ({ service }) => {
        for (let nth = 50; nth < 55; nth++) service.faults.befall(nth, { kind: 'reset' });
      },
      60 * chunk,
    );
    expect(bench.asked.sends.length).toBeLessThanOrEqual(60 + 5 + 5);
  });
}
