import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { FaultSource } from '#local/simulators/twelvelabs/faults/faults.ts';
import type { CallRecord, Operation } from '#local/simulators/twelvelabs/wire/call-log.ts';
import type { ExecutionResult } from '#local/state-machine/run.ts';
import { type Film, inputOf, openWireHarness, type WireHarness } from '../harness/wire-harness.ts';

/** How many times faster time passes. Default of the harness. */
export const usualFactor = 100;

/** Maximum real duration of a run, in ms: less than a test may take. */
const maxRunMs = 60_000;

/** The result of one run, as the service and the user see it. */
export interface Facts {
  /** `ready`, another status of the output, `FAILED <error>`, or `still running after <n> s`. */
  readonly ended: string;
  /** The cause of the execution's failure. */
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

/** The wire harness with scripted behaviour of the service. */
export interface ReportedHarness extends WireHarness {
  /** Adds behaviours of the service until the next `reset`; see `test/doubles/service-double.ts`. */
  behave(...behaviours: FaultSource[]): void;
  /** Transfers a film. Stops the run after `limitSeconds` of the harness clock. */
  ingest(film: Film, limitSeconds?: number): Promise<Facts>;
}

/** Opens the harness with the product's stall timeout of 20 s. */
export async function openReportedHarness(): Promise<ReportedHarness> {
  const harness = await openWireHarness({ environment: { NO_PROGRESS_MS: '20000' } });
  return {
    ...harness,
    behave: (...behaviours) => harness.service.faults.drawFrom(...behaviours),
    ingest: (film, limitSeconds = 900) => ingest(harness, film, limitSeconds),
  };
}

/** Returns a matcher for a number with an upper bound. */
export function atMost(bound: number): unknown {
  return expect.toSatisfy((value: number) => value <= bound, `at most ${bound}`);
}

/** Returns a matcher for a number with a lower bound. */
export function atLeast(bound: number): unknown {
  return expect.toSatisfy((value: number) => value >= bound, `at least ${bound}`);
}

/** The result of a transfer with one session, one asset and the same bytes. */
export const arrivedOnce = { ended: 'ready', sessions: 1, assets: 1, isSameBytes: true } as const;

async function ingest(harness: WireHarness, film: Film, limitSeconds: number): Promise<Facts> {
  const { service, clock } = harness;
  const known = new Set(service.sessions().map(({ uploadId }) => uploadId));
  const execution = harness.start(inputOf(film));
  const timer = new AbortController();
  const startedAt = clock.now();
  const { signal } = timer;
  const limits = [
    clock.sleep(limitSeconds * 1000, signal),
    delay(maxRunMs, undefined, { signal }),
  ].map((limit) => limit.then(nothing, nothing));
  const result = await Promise.race<ExecutionResult | undefined>([execution.result, ...limits]);
  const seconds = Math.round((clock.now() - startedAt) / 1000);
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

/** Counts calls by operation, including operations without a call. */
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

/** Kills a run. Its handlers continue to their end; a service without faults makes this short. */
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
