import { type End, type Kill, runPaper } from '../../destinations/selfcommunity/community.ts';
import { type Chance, chanceOf } from '../harness/chance.ts';
import { openPapers, openParts, type Target } from './targets.ts';

const openers = { selfcommunity: openPapers, 'seven-bridges': openParts };

export type Kind = keyof typeof openers;

export const kinds = Object.keys(openers) as Kind[];

/** Executions after which a transfer must be decided. The faults of a run are fewer. */
const maxExecutions = 12;

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
 * killed functions and executions, and repeated starts. Starts again, as an operator does, until it is ready.
 */
export async function runDestinationSeed(kind: Kind, seed: number): Promise<DestinationResult> {
  // A source of its own: the seeds of the simulation of TwelveLabs draw as before.
  const chance = chanceOf(seed ^ 0xde57);
  const target = await openers[kind](chance);
  try {
    const faults = Array.from({ length: chance.between(0, 6) }, () => target.planFault(chance));
    return await runToEnd(target, chance, faults);
  } finally {
    await target.close();
  }
}

async function runToEnd(
  target: Target,
  chance: Chance,
  faults: readonly string[],
): Promise<DestinationResult> {
  let kills = 0;
  let last: End | undefined;
  for (let n = 1; n <= maxExecutions && !isDecided(target, last, kills); n++) {
    const kill = n <= faultyExecutions && chance.hits(0.5) ? drawKill(chance) : undefined;
    kills += kill ? 1 : 0;
    if (n > faultyExecutions) target.portFaults.disable();
    const run = (name: string, options = {}) =>
      runPaper(target.run, { executionId: `${name}-${n}`, ...options });
    const isRepeated = chance.hits(0.2);
    const [end] = await Promise.all([
      run('execution', kill && { kill }),
      ...(isRepeated ? [run('repeated')] : []),
    ]);
    last = end;
  }
  const isReady = last?.status === 'SUCCEEDED' && isDecided(target, last, kills);
  const ofPorts = [...target.portFaults.injected].map(([name, count]) => `${count} ${name}`);
  const all = [...faults, ...ofPorts];
  return { isReady, faults: all, kills, broken: brokenAfter(target, last, all, kills) };
}

function drawKill(chance: Chance): Kill {
  return {
    call: chance.between(1, 60),
    when: chance.pick(['before', 'after'] as const),
    what: chance.pick(['function', 'run'] as const),
  };
}

/** True if the last execution has the asset, or an error that no further start can change. */
function isDecided(target: Target, end: End | undefined, kills: number): boolean {
  if (!end) return false;
  const isThere = ['ready', 'already-ingested'].includes(String(end.output.status));
  return isThere || target.isUndecidable(end.error ?? '', kills);
}

function brokenAfter(
  target: Target,
  last: End | undefined,
  faults: readonly string[],
  kills: number,
): string[] {
  const files = target.files();
  const isReady = last?.output.assetId !== undefined;
  const mayBeUndecided = faults.length + kills > 0;
  const { mostInFlight } = target.run.harness.calls;
  const checks: [boolean, string][] = [
    [!isDecided(target, last, kills), `it ended ${last?.status} ${last?.error}`],
    [!isReady && !mayBeUndecided, `it ended ${last?.error} without a fault`],
    [files.length > 1, `${files.length} files`],
    [files.some(({ sha256 }) => sha256 !== target.sha256), 'a file of other bytes'],
    [isReady && files[0]?.id !== last?.output.assetId, 'the asset is not the file'],
    [mostInFlight > target.maxInFlight, `${mostInFlight} chunks in flight`],
  ];
  return checks.filter(([isBroken]) => isBroken).map(([, what]) => what);
}
