import type { ExecutionResult } from '#local/state-machine/run.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer/transfer-row.ts';
import { skipTime } from '../../harness/clock.ts';
import { allTransfers, checkFinalState } from '../../simulation/invariants/final-state.ts';
import type { Simulation } from '../../simulation/load/simulation.ts';
import type { CrashHarness } from './crash-harness.ts';

/** Events that a scenario may publish in addition to one Ready event. */
export interface Allowed {
  /** Failed events before the first Ready event. Default: 0. */
  readonly failed?: number;
}

/** The longest claim of a dead sender: the time limit of SendChunks, in ms. */
const longestClaimMs = 630_000;

/** Checks the final state after every claim has ended. Returns what the checks found during the whole run. */
export async function brokenInvariants(simulation: Simulation): Promise<string[]> {
  skipTime(longestClaimMs);
  await checkFinalState(simulation);
  return simulation.violations.found.map(({ invariant, what }) => `broken: ${invariant} (${what})`);
}

/**
 * Returns the broken guarantees as text; empty if all hold. The simulation's checks observed every write
 * and every request, and check the final state. In addition, the service must have exactly one ready
 * asset, which the events and the last execution's output name.
 * @param ends - the results of the executions, in order
 */
export async function brokenPromises(
  harness: CrashHarness,
  ends: readonly ExecutionResult[],
  allowed: Allowed = {},
): Promise<string[]> {
  const { simulation } = harness;
  const broken = await brokenInvariants(simulation);
  const assets = simulation.service.assets();
  const [asset] = assets;
  const rows = (await allTransfers(simulation)).filter(wasTaken);
  return [
    ...broken,
    ...unless(assets.length === 1, `${assets.length} assets`),
    ...unless(asset?.state === 'ready', `the asset is ${asset?.state}`),
    ...brokenRows(rows, asset?.assetId),
    ...brokenEnd(ends.at(-1), asset?.assetId),
    ...brokenEvents(harness, asset?.assetId, allowed),
  ];
}

function brokenRows(rows: readonly TransferRecord[], assetId: string | undefined): string[] {
  const [row] = rows;
  return [
    ...unless(rows.length === 1, `${rows.length} transfers`),
    ...unless(
      row?.state === 'ready' && row.assetId === assetId,
      `the transfer is ${row?.state} as ${row?.assetId}`,
    ),
  ];
}

function brokenEnd(last: ExecutionResult | undefined, assetId: string | undefined): string[] {
  const output = (last?.output ?? {}) as Record<string, unknown>;
  const isReady = ['ready', 'already-ingested'].includes(String(output.status));
  return [
    ...unless(
      last?.status === 'SUCCEEDED' && isReady,
      `it ended ${last ? describeEnd(last) : 'not at all'}`,
    ),
    ...unless(
      output.assetId === assetId,
      `the output names asset ${output.assetId}, not ${assetId}`,
    ),
  ];
}

/** A crash between an event and its confirmation publishes the event twice. */
const maxReadyEvents = 2;

function brokenEvents(
  { simulation: { events }, checksum }: CrashHarness,
  assetId: string | undefined,
  { failed = 0 }: Allowed,
): string[] {
  const outcomes = events.filter(({ type }) => type !== 'Transfer Started');
  const types = outcomes.map(({ type }) => type);
  const ready = outcomes.filter(({ type }) => type === 'Transfer Ready');
  const firstReady = types.indexOf('Transfer Ready');
  const isComplete =
    ready.length > 0 && types.length === ready.length + failed && firstReady === failed;
  return [
    ...unless(outcomes.length < events.length, 'its start was not published'),
    ...unless(isComplete, `events ${types}, ${failed} failed expected`),
    ...unless(ready.length <= maxReadyEvents, `${ready.length} Ready events`),
    ...ready
      .filter(
        ({ detail }) => detail.assetId !== assetId || detail.checksum !== (checksum ?? 'none'),
      )
      .map(({ detail }) => `an event names ${detail.assetId}, ${detail.checksum}`),
  ];
}

/** Returns the message if the condition does not hold. */
function unless(holds: boolean, message: string): string[] {
  return holds ? [] : [message];
}

/** Returns the state of the transfer's row; undefined before it was taken. */
export async function stateOf({ simulation }: CrashHarness): Promise<TransferState | undefined> {
  const rows = await allTransfers(simulation);
  return rows.find(wasTaken)?.state;
}

/** Whether a row is of a taken transfer. The row of a rejected start has no ingest number. */
function wasTaken({ ingestNumber }: TransferRecord): boolean {
  return ingestNumber > 0;
}

/** Returns what is wrong with the end of an execution whose transfer another execution took over. */
export function brokenLateEnd(late: ExecutionResult): string[] {
  const isAllowed = late.status === 'SUCCEEDED' || late.error === 'FencedOutError';
  return unless(isAllowed, `the late execution ended ${describeEnd(late)}`);
}

export function describeEnd({ status, error, cause, output }: ExecutionResult): string {
  return status === 'SUCCEEDED' ? JSON.stringify(output) : `${status} ${error}: ${cause}`;
}
