import type { ExecutionResult } from '#local/state-machine/run.ts';
import type { TransferRecord, TransferState } from '#src/core/transfer/transfer.ts';
import { allTransfers, judgeWorld } from '../../simulation/invariants/final-state.ts';
import type { CrashWorld } from './crash-harness.ts';
import { leap } from '../../harness/fake-time.ts';

/** What a story may leave behind beside one Ready event. */
export interface Allowed {
  /** Failed events that came before the first Ready; none where left out. */
  readonly failed?: number;
}

/** The longest that a claim of a dead sender holds: the send function's time limit, in ms. */
const longestClaimMs = 630_000;

/**
 * What the promise forbids and is so all the same, in words; empty where it was kept. The simulation's
 * judges have watched every write and every request and look at what is left; beyond them: one ready
 * asset and nothing else at the service, told of by its events and by the last execution's output.
 * @param ends - how the executions ended, the last one last
 */
export async function brokenPromises(
  world: CrashWorld,
  ends: readonly ExecutionResult[],
  allowed: Allowed = {},
): Promise<string[]> {
  const { judged } = world;
  leap(longestClaimMs);
  await judgeWorld(judged);
  const assets = judged.service.assets();
  const [asset] = assets;
  const rows = (await allTransfers(judged)).filter(wasTaken);
  return [
    ...judged.judge.found.map(({ invariant, what }) => `not so: ${invariant} (${what})`),
    ...unless(assets.length === 1, `${assets.length} assets`),
    ...unless(asset?.state === 'ready', `the asset is ${asset?.state}`),
    ...rowsBroken(rows, asset?.assetId),
    ...endBroken(ends.at(-1), asset?.assetId),
    ...eventsBroken(world, asset?.assetId, allowed),
  ];
}

function rowsBroken(rows: readonly TransferRecord[], assetId: string | undefined): string[] {
  const [row] = rows;
  return [
    ...unless(rows.length === 1, `${rows.length} transfers`),
    ...unless(
      row?.state === 'ready' && row.assetId === assetId,
      `the transfer is ${row?.state} as ${row?.assetId}`,
    ),
  ];
}

function endBroken(last: ExecutionResult | undefined, assetId: string | undefined): string[] {
  const output = (last?.output ?? {}) as Record<string, unknown>;
  const isWell = ['ready', 'already-ingested'].includes(String(output.status));
  return [
    ...unless(
      last?.status === 'SUCCEEDED' && isWell,
      `it ended ${last ? described(last) : 'not at all'}`,
    ),
    ...unless(output.assetId === assetId, `told of asset ${output.assetId}, not ${assetId}`),
  ];
}

/** A telling may come twice, where a crash stood between the telling and the note of it. */
const mostTellings = 2;

function eventsBroken(
  { judged: { events }, checksum }: CrashWorld,
  assetId: string | undefined,
  { failed = 0 }: Allowed,
): string[] {
  const outcomes = events.filter(({ type }) => type !== 'Transfer Started');
  const types = outcomes.map(({ type }) => type);
  const ready = outcomes.filter(({ type }) => type === 'Transfer Ready');
  const early = types.indexOf('Transfer Ready');
  const isTold = ready.length > 0 && types.length === ready.length + failed && early === failed;
  return [
    ...unless(outcomes.length < events.length, 'its start was not told'),
    ...unless(isTold, `events ${types}, ${failed} failed expected`),
    ...unless(ready.length <= mostTellings, `${ready.length} Ready events`),
    ...ready
      .filter(
        ({ detail }) => detail.assetId !== assetId || detail.checksum !== (checksum ?? 'none'),
      )
      .map(({ detail }) => `an event tells of ${detail.assetId}, ${detail.checksum}`),
  ];
}

function unless(isStillHeld: boolean, otherwise: string): string[] {
  return isStillHeld ? [] : [otherwise];
}

/** Where the transfer stands by its row; undefined before it was taken. */
export async function stateOf({ judged }: CrashWorld): Promise<TransferState | undefined> {
  const rows = await allTransfers(judged);
  return rows.find(wasTaken)?.state;
}

/** A start that ended before it took a transfer has a row without an ingest. */
function wasTaken({ ingestNumber }: TransferRecord): boolean {
  return ingestNumber > 0;
}

/** What is wrong with the end of an execution whose transfer another had taken over meanwhile. */
export function lateEndBroken(late: ExecutionResult): string[] {
  const isWell = late.status === 'SUCCEEDED' || late.error === 'FencedOutError';
  return unless(isWell, `the late one ended ${described(late)}`);
}

export function described({ status, error, cause, output }: ExecutionResult): string {
  return status === 'SUCCEEDED' ? JSON.stringify(output) : `${status} ${error}: ${cause}`;
}
