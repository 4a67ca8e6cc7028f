import type { ExecutionHandle } from '#local/state-machine/run.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import { chanceOf } from '../../harness/chance.ts';
import type { Execution } from '../../simulation/load/executions.ts';
import { drawMishaps } from '../../simulation/faults/fault-classes.ts';
import { ObjectStore } from '../../simulation/load/objects.ts';
import type { Surroundings } from '../../harness/sandbox.ts';
import { openService } from '../../simulation/load/service.ts';
import { openTrace } from '../../simulation/trace.ts';
import { openJudge } from '../../simulation/invariants/violations.ts';
import { judgeEnd } from '../../simulation/invariants/requests-and-ends.ts';
import { openTables } from '../../simulation/invariants/checked-store.ts';
import type { World } from '../../simulation/load/simulation.ts';

/** Small, so that a film of few bytes has many. */
export const chunkSizeBytes = 96;

/** How long an asset is made of a whole upload, in ms. */
const processingMs = 9_000;

/** Nothing strikes here but what a test does by itself. */
export function calmSurroundings(): Surroundings {
  const chance = chanceOf(1);
  const mishaps = drawMishaps({
    chance,
    weather: chance,
    s3: chance,
    table: chance,
    queue: chance,
  });
  mishaps.calm();
  const nobody = () => {};
  const calls = { killRun: nobody, abortRun: nobody, confirmed: nobody };
  return { chance, mishaps, trace: openTrace(), latency: 0, ...calls };
}

/** As much of the simulation's world as its judges look at: its doubles, with no fault of their own. */
export async function openJudged({ chance, mishaps }: Surroundings): Promise<World> {
  const service = await openService(1, chance, mishaps);
  Object.assign(service.context.switches, {
    chunkSizeBytes,
    initialUrls: 1,
    assetReadyAfterMs: processingMs,
    rateLimit: undefined,
    maxActiveSessions: Number.POSITIVE_INFINITY,
  });
  const judged: Partial<World> = {
    service,
    chance,
    judge: openJudge(),
    objects: new ObjectStore(chance),
    tables: openTables(),
    executions: { all: new Map<string, Execution>() } as World['executions'],
    events: [] as TransferEvent[],
    tellings: { logged: [], history: [] },
    duplicates: new Set<string>(),
    misread: new Set<string>(),
    orphans: { counted: 0, attributed: new Map<string, string>() },
  };
  return judged as World;
}

/** Lets an execution be judged at its end; one that is redriven goes on under its name. */
export function record(judged: World, handle: ExecutionHandle, input: unknown): void {
  const id = handle.executionArn;
  const runsSince = Date.now();
  const first = judged.executions.all.get(id) ?? { input, startedAt: runsSince, version: 0 };
  const unheard = { isSilent: true, isHeard: false };
  const execution: Execution = { ...first, id, runsSince, handle, ...unheard, result: undefined };
  judged.executions.all.set(id, execution);
  void handle.result.then((result) => {
    execution.result = result;
    judgeEnd(judged, execution);
  });
}
