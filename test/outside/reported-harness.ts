import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FaultSource } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { CallRecord, Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { type Film, inputOf, openWireHarness, type WireHarness } from '../harness/wire-harness.ts';

/** How many times faster the tests' time passes, unless a test sets another factor. */
export const usualFactor = 100;

/** No run takes longer in real time, whatever the clock says: less than a test may take. */
const longestRunMs = 60_000;

/** What one run of the pipeline amounted to, as the service and its user see it. */
export interface Facts {
  /** `ready`, another status of the output, `FAILED <error>`, or `still running after <n> s`. */
  readonly ended: string;
  /** Why it failed, in the words of the execution. */
  readonly cause: string;
  /** Upload sessions that the service created. */
  readonly sessions: number;
  /** Assets that the service created. */
  readonly assets: number;
  /** Whether the asset holds the bytes of the object. */
  readonly isSameBytes: boolean;
  /** Calls by operation. */
  readonly calls: Readonly<Record<Operation, number>>;
  /** From the first PUT to the last, in seconds of the pipeline's clock. */
  readonly putSeconds: number;
}

/** A pipeline in front of the double of the service. */
export interface ReportedHarness extends WireHarness {
  /** Adds behaviours to the service until the next `reset`; see `test/doubles/service-double.ts`. */
  behave(...behaviours: FaultSource[]): void;
  /** Runs the pipeline for a film; ends the run after so many seconds of its clock. */
  ingest(film: Film, limitSeconds?: number): Promise<Facts>;
}

/** Opens a harness with the product's own patience: a chunk that moves no byte is given up after 20 s. */
export async function openReportedHarness(): Promise<ReportedHarness> {
  const harness = await openWireHarness({ environment: { NO_PROGRESS_MS: '20000' } });
  return {
    ...harness,
    behave: (...behaviours) => harness.service.faults.drawFrom(...behaviours),
    ingest: (film, limitSeconds = 900) => ingest(harness, film, limitSeconds),
    reset() {
      harness.reset();
      harness.clock.setFactor(usualFactor);
    },
  };
}

/** An asymmetric matcher for a number that has an upper bound. */
export function atMost(bound: number): unknown {
  return expect.toSatisfy((value: number) => value <= bound, `at most ${bound}`);
}

/** An asymmetric matcher for a number that has a lower bound. */
export function atLeast(bound: number): unknown {
  return expect.toSatisfy((value: number) => value >= bound, `at least ${bound}`);
}

/** Arrived once: one session, one asset, the same bytes. */
export const arrivedOnce = { ended: 'ready', sessions: 1, assets: 1, isSameBytes: true } as const;

async function ingest(harness: WireHarness, film: Film, limitSeconds: number): Promise<Facts> {
  const { service, clock } = harness;
  const known = new Set(service.sessions().map(({ uploadId }) => uploadId));
  const execution = harness.start(inputOf(film));
  const timer = new AbortController();
  const began = clock.now();
  const { signal } = timer;
  const limits = [
    clock.sleep(limitSeconds * 1000, signal),
    delay(longestRunMs, undefined, { signal }),
  ].map((limit) => limit.then(nothing, nothing));
  const result = await Promise.race<ExecutionResult | undefined>([execution.result, ...limits]);
  const seconds = Math.round((clock.now() - began) / 1000);
  timer.abort();
  const calls = service.calls.all();
  const isNew = ({ uploadId }: { uploadId: string }) => !known.has(uploadId);
  const facts = {
    ended: result ? endOf(result) : `still running after ${seconds} s`,
    cause: result?.cause ?? '',
    sessions: service.sessions().filter(isNew).length,
    assets: service.assets().filter(isNew).length,
    isSameBytes: await holdsFilm(harness, film, result),
    calls: countsOf(calls),
    putSeconds: secondsOfPuts(calls),
  };
  if (!result) await stop(harness, execution);
  return facts;
}

const nothing = () => undefined;

function endOf({ status, error, output }: ExecutionResult): string {
  if (status !== 'SUCCEEDED') return `${status} ${error}`;
  return String((output as Record<string, unknown>).status);
}

async function holdsFilm(
  { service }: WireHarness,
  film: Film,
  result: ExecutionResult | undefined,
): Promise<boolean> {
  const { assetId } = (result?.output ?? {}) as Record<string, unknown>;
  if (typeof assetId !== 'string') return false;
  return (await service.storedSha256(assetId)) === film.sha256;
}

/** Every operation is listed, so that a bound on one that never came is a bound on zero. */
function countsOf(calls: readonly CallRecord[]): Facts['calls'] {
  const counts: Record<Operation, number> = {
    create: 0,
    list: 0,
    status: 0,
    report: 0,
    presign: 0,
    asset: 0,
    assets: 0,
    'delete-asset': 0,
    put: 0,
    other: 0,
  };
  for (const { operation } of calls) counts[operation] += 1;
  return counts;
}

function secondsOfPuts(calls: readonly CallRecord[]): number {
  const times = calls.filter(({ operation }) => operation === 'put').map(({ at }) => at);
  return times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
}

/** The handlers of a killed run go on to their own end in this process; a healthy service makes it short. */
async function stop(
  { service, clock }: WireHarness,
  execution: ReturnType<WireHarness['start']>,
): Promise<void> {
  execution.kill();
  service.faults.clear();
  clock.setFactor(400);
  await execution.idle();
  clock.setFactor(usualFactor);
}
