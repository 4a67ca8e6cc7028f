import { type End, type Kill, runPaper } from '../../destinations/selfcommunity/community.ts';
import { type Chance, chanceOf } from '../harness/chance.ts';
import type { AdapterMutation } from './adapter-mutations.ts';
import { openSelfCommunityTarget } from './selfcommunity-target.ts';
import { openSevenBridgesTarget } from './seven-bridges-target.ts';
import type { Target } from './target.ts';

const openers = { selfcommunity: openSelfCommunityTarget, 'seven-bridges': openSevenBridgesTarget };

export type Kind = keyof typeof openers;

export const kinds = Object.keys(openers) as Kind[];

/** Executions after which a transfer must be decided. The faults of a run are fewer. */
const maxExecutions = 12;

/** The same for a mutation, which may fail each of them after hours of retries. */
const maxMutatedExecutions = 4;

/** Executions that may be killed, and that meet faults of the table and of S3. */
const faultyExecutions = 3;

/** The result of one run. */
export interface DestinationResult {
  readonly isReady: boolean;
  readonly faults: readonly string[];
  readonly kills: number;
  /** What does not hold; empty if all is well. */
  readonly broken: readonly string[];
}

/**
 * Moves one object to a simulated service, over the real adapter and transport, under random faults of the wire,
 * killed functions and executions, and repeated starts. Starts again, as an operator does, until it is ready. In some
 * runs, the file is deleted then, and the object moved once more.
 * @param mutation - a deliberate bug of the adapter
 */
export async function runDestinationSeed(
  kind: Kind,
  seed: number,
  mutation?: AdapterMutation,
): Promise<DestinationResult> {
  // A source of its own: the seeds of the simulation of TwelveLabs draw as before.
  const chance = chanceOf(seed ^ 0xde57);
  const target = await openers[kind](chance, mutation);
  try {
    const faults = Array.from({ length: chance.between(0, 6) }, () => target.planFault(chance));
    const most = mutation ? maxMutatedExecutions : maxExecutions;
    return await runToEnd(target, chance, faults, most);
  } finally {
    await target.close();
  }
}

/** The executions of one run. */
interface Executed {
  readonly ends: End[];
  kills: number;
  readonly most: number;
  /** Executions that ran at the same time as another one. */
  repeated: number;
}

async function runToEnd(
  target: Target,
  chance: Chance,
  faults: readonly string[],
  most: number,
): Promise<DestinationResult> {
  const executed: Executed = { ends: [], kills: 0, repeated: 0, most };
  const last = await runUntilDecided(target, chance, executed);
  const isReady = last.status === 'SUCCEEDED' && isDecided(target, last, executed.kills);
  const { injected } = target.portFaults;
  const all = [...faults, ...[...injected].map(([name, count]) => `${count} ${name}`)];
  const { kills } = executed;
  const broken = brokenAfter(target, last, all, executed);
  if (isReady && chance.hits(0.3)) broken.push(...(await afterDeletion(target, last, chance)));
  const isUndisturbed =
    kills + executed.repeated === 0 && executed.ends.length === 1 && injected.size === 0;
  return {
    isReady,
    faults: all,
    kills,
    broken: [...broken, ...target.flaws(executed.ends, isUndisturbed)],
  };
}

async function runUntilDecided(target: Target, chance: Chance, executed: Executed): Promise<End> {
  for (let n = 1; ; n++) {
    const kill = n <= faultyExecutions && chance.hits(0.5) ? drawKill(chance) : undefined;
    executed.kills += kill ? 1 : 0;
    if (n > faultyExecutions) target.portFaults.disable();
    const run = (name: string, options = {}) =>
      runPaper(target.run, { executionId: `${name}-${n}`, ...options });
    const isRepeated = chance.hits(0.2);
    executed.repeated += isRepeated ? 1 : 0;
    const ends = await Promise.all([
      run('execution', kill && { kill, onKill: () => target.onKill?.() }),
      ...(isRepeated ? [run('repeated')] : []),
    ]);
    executed.ends.push(...ends);
    const [end] = ends;
    if (n === executed.most || isDecided(target, end, executed.kills)) return end;
  }
}

/** Deletes the file of a ready transfer, and starts again: the object must arrive once more. */
async function afterDeletion(target: Target, { output }: End, chance: Chance): Promise<string[]> {
  target.deleteFile(String(output.assetId));
  target.portFaults.disable();
  const executed: Executed = { ends: [], kills: 0, repeated: 0, most: 2 };
  const last = await runUntilDecided(target, { ...chance, hits: () => false }, executed);
  return brokenAfter(target, last, ['file deleted'], executed);
}

/** The completion is the call after which a crash costs most. */
function drawKill(chance: Chance): Kill {
  return {
    ...(chance.hits(0.2) && { at: 'destination.finish' }),
    call: chance.between(1, 60),
    when: chance.pick(['before', 'after'] as const),
    what: chance.pick(['function', 'run'] as const),
  };
}

/** True if the last execution has the asset, or an error that no further start can change. */
function isDecided(target: Target, end: End, kills: number): boolean {
  if (target.rejection) return end.error === target.rejection;
  const isThere = ['ready', 'already-ingested'].includes(String(end.output.status));
  return isThere || target.isUndecidable(end.error ?? '', kills);
}

function brokenAfter(
  target: Target,
  last: End,
  faults: readonly string[],
  { kills }: Executed,
): string[] {
  const files = target.files();
  const isReady = last.output.assetId !== undefined;
  const mayBeUndecided = faults.length + kills > 0 || target.rejection !== undefined;
  const { mostInFlight } = target.run.harness.calls;
  const checks: [boolean, string][] = [
    [!isDecided(target, last, kills), `it ended ${last.status} ${last.error}`],
    [!isReady && !mayBeUndecided, `it ended ${last.error} without a fault`],
    [files.length > 1, `${files.length} files`],
    [
      !target.rejection && files.some(({ sha256 }) => sha256 !== target.sha256),
      'a file of other bytes',
    ],
    [isReady && files[0]?.id !== last.output.assetId, 'the asset is not the file'],
    [mostInFlight > target.maxInFlight, `${mostInFlight} chunks in flight`],
  ];
  return checks.filter(([isBroken]) => isBroken).map(([, what]) => what);
}
